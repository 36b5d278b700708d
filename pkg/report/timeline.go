package report

import (
	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/replay"
	"github.com/liquidation-lab/backtest/pkg/risk"
)

// timeline holds what charts draw over time, in buckets of one width for all series. The width starts at a minute and
// doubles whenever the window outgrows maxBuckets, so that a year costs no more memory than a day.
type timeline struct {
	start       market.Time
	width       market.Time
	instruments []series
	fund        []fundBucket
}

// maxBuckets is enough for a point per pixel of a wide chart, and keeps a day at its minutes.
const maxBuckets = 1_600

// series is one instrument over time. Buckets without a price are empty and repeat nothing.
type series struct {
	buckets []bucket
}

type bucket struct {
	set             bool
	low, high, last market.Price
	mark            market.Price
	openInterest    market.Qty
	long, short     market.Sum // liquidated notional
	adl             market.Sum
}

type fundBucket struct {
	set       bool
	low, last market.Quote
}

func newTimeline(instruments int) *timeline {
	return &timeline{width: market.Minute, instruments: make([]series, instruments)}
}

// index returns the bucket of a time, making room for it. Times do not fall below the first one.
func (t *timeline) index(at market.Time) int {
	if t.fund == nil {
		t.start = at - ((at%market.Minute)+market.Minute)%market.Minute
	}
	for (at-t.start)/t.width >= maxBuckets {
		t.widen()
	}
	i := max(0, int((at-t.start)/t.width))
	for len(t.fund) <= i {
		t.fund = append(t.fund, fundBucket{})
	}
	return i
}

func (t *timeline) widen() {
	t.width *= 2
	for k := range t.instruments {
		old := t.instruments[k].buckets
		merged := old[:0]
		for i := 0; i < len(old); i += 2 {
			b := old[i]
			if i+1 < len(old) {
				b.merge(&old[i+1])
			}
			merged = append(merged, b)
		}
		t.instruments[k].buckets = merged
	}
	merged := t.fund[:0]
	for i := 0; i < len(t.fund); i += 2 {
		b := t.fund[i]
		if i+1 < len(t.fund) && t.fund[i+1].set {
			b.add(t.fund[i+1].low)
			b.last = t.fund[i+1].last
		}
		merged = append(merged, b)
	}
	t.fund = merged
}

func (b *bucket) merge(next *bucket) {
	b.long.AddSum(next.long)
	b.short.AddSum(next.short)
	b.adl.AddSum(next.adl)
	if !next.set {
		return
	}
	b.price(next.low)
	b.price(next.high)
	b.last, b.mark, b.openInterest = next.last, next.mark, next.openInterest
}

func (b *bucket) price(p market.Price) {
	if !b.set {
		b.set, b.low, b.high = true, p, p
	}
	b.low, b.high, b.last = min(b.low, p), max(b.high, p), p
}

func (b *fundBucket) add(fund market.Quote) {
	if !b.set {
		b.set, b.low = true, fund
	}
	b.low, b.last = min(b.low, fund), fund
}

func (t *timeline) at(instrument market.InstrumentID, at market.Time) *bucket {
	i := t.index(at)
	s := &t.instruments[instrument]
	for len(s.buckets) <= i {
		s.buckets = append(s.buckets, bucket{})
	}
	return &s.buckets[i]
}

func (t *timeline) step(s *replay.Step) {
	b := t.at(s.Instrument, s.Time)
	b.price(s.Last)
	b.mark, b.openInterest = s.Mark, s.OpenInterest
	t.fund[t.index(s.Time)].add(s.Fund)
}

func (t *timeline) event(e *risk.Event) {
	if int(e.Instrument) >= len(t.instruments) { // of a collateral asset
		return
	}
	switch e.Kind {
	case risk.Liquidation, risk.Takeover:
		b := t.at(e.Instrument, e.Time)
		if e.Side == market.Long {
			b.long.Add(e.Notional)
		} else {
			b.short.Add(e.Notional)
		}
	case risk.ADL:
		t.at(e.Instrument, e.Time).adl.Add(e.Notional)
	}
}
