package replay

import (
	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk"
)

// Impact is what the run's forced orders did to prices in the modes feedback and counterfactual.
type Impact struct {
	Forced      market.Sum // notional of forced orders at the mark
	Induced     market.Sum // of it, by moves of the displacement alone
	Minutes     []ImpactMinute
	Instruments []ImpactMarket
	Moves       int64 // of the displacement, as ticks of their own
	MovesMax    int   // at one moment
	LimitHits   int64 // moments at which prices.feedback.rounds ended them; what was left went on at the next tick
	CapHits     int64 // moments at which the impact asked for more than prices.feedback.cap
	Before, Run Verdict
	Altered     []string // key=value, under counterfactual
	// Apart is nil where the two runs do not have the same accounts.
	Apart *Apart
}

// ImpactMinute is the forced notional of a minute; minutes without any are left out.
type ImpactMinute struct {
	Time            market.Time
	Forced, Induced market.Sum
}

// ImpactMarket attributes an instrument's move from the open to its low: Low - Open is what the data's path did, BaseAtLow - Open, and
// what the run's own orders did, Low - BaseAtLow.
type ImpactMarket struct {
	Symbol    string
	Open      market.Price // of the last price
	Low       market.Price // of the displaced last price
	LowTime   market.Time
	BaseAtLow market.Price // last price of the data at that moment
	BaseLow   market.Price // of the data's path
	// Displacement at the low, and the furthest either way.
	AtLow, Lowest, Highest market.Rate
}

// Apart counts the accounts that were liquidated in one of two runs alone.
type Apart struct{ Before, Run int }

// apart compares what became of the accounts of two runs; nil where they are not the same accounts.
func apart(before, run []holder) *Apart {
	if len(before) != len(run) {
		return nil
	}
	var a Apart
	for i := range run {
		b, r := &before[i], &run[i]
		if b.setup != r.setup || b.rule != r.rule || b.instrument != r.instrument || market.SideOf(b.size) != market.SideOf(r.size) {
			return nil
		}
		switch was, is := b.outcome == liquidated, r.outcome == liquidated; {
		case was && !is:
			a.Before++
		case is && !was:
			a.Run++
		}
	}
	return &a
}

// Verdict is what a run did in a few figures, for comparing the one that moves prices with the one that does not.
type Verdict struct {
	Accounts                              int // liquidated
	Liquidated, Long, ADL, SocializedLoss market.Sum
	FundClosing, FundLow, FundOutflow     market.Quote
}

// event counts an event in.
func (v *Verdict) event(e *risk.Event) {
	switch e.Kind {
	case risk.Liquidation, risk.Takeover:
		v.Liquidated.Add(e.Notional)
		if e.Side == market.Long {
			v.Long.Add(e.Notional)
		}
	case risk.ADL:
		v.ADL.Add(e.Notional)
	}
}

// attribution collects an Impact while prices are moved.
type attribution struct {
	Impact
	begun []bool
}

func (a *attribution) price(i market.InstrumentID, at market.Time, base, last market.Price, by float64) {
	m := &a.Instruments[i]
	d := rateOf(by)
	if !a.begun[i] {
		a.begun[i] = true
		*m = ImpactMarket{Symbol: m.Symbol, Open: last, Low: last, LowTime: at, BaseAtLow: base, BaseLow: base, AtLow: d}
	}
	if last < m.Low {
		m.Low, m.LowTime, m.BaseAtLow, m.AtLow = last, at, base, d
	}
	m.BaseLow = min(m.BaseLow, base)
	m.Lowest, m.Highest = min(m.Lowest, d), max(m.Highest, d)
}

// flow books the forced orders of one exchange tick; induced says that the displacement alone had moved.
func (a *attribution) flow(at market.Time, gross market.Sum, induced bool) {
	if gross.IsZero() {
		return
	}
	minute := at - ((at%market.Minute)+market.Minute)%market.Minute
	if n := len(a.Minutes); n == 0 || a.Minutes[n-1].Time != minute {
		a.Minutes = append(a.Minutes, ImpactMinute{Time: minute})
	}
	m := &a.Minutes[len(a.Minutes)-1]
	a.Forced.AddSum(gross)
	m.Forced.AddSum(gross)
	if induced {
		a.Induced.AddSum(gross)
		m.Induced.AddSum(gross)
	}
}

// rateOf is a ratio in units of 1e-8, toward zero.
func rateOf(x float64) market.Rate { return market.Rate(float64(x * market.Scale)) }
