package report

import (
	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/replay"
)

// OpenInterestSummary is what became of the open interest of the simulated book: half of what accounts hold long plus half
// of what they hold short (docs/MODEL.md section 10). Nobody closes by choice in it but stops and timed exits, so its fall is
// the forced part of a published one.
type OpenInterestSummary struct {
	Opening string `json:"opening"` // at the marks of each instrument's first tick, quote
	Closing string `json:"closing"` // at the marks of its last
	Fall    Number `json:"fall"`    // 1 - closing/opening: contains the fall of the price
	// FallInBase is 1 - closing/opening with both at the opening marks: the fall in coins, weighted by value.
	FallInBase Number `json:"fall_in_base"`
	// Liquidated is the liquidated notional over the opening open interest.
	Liquidated   Number                   `json:"liquidated_share"`
	ByInstrument []InstrumentOpenInterest `json:"by_instrument"`
}

// InstrumentOpenInterest is one instrument's part of it: in base, and in quote at the marks of its first and last tick.
type InstrumentOpenInterest struct {
	Symbol       string `json:"symbol"`
	Opening      string `json:"opening"`
	Closing      string `json:"closing"`
	Fall         Number `json:"fall"` // of the base
	OpeningValue string `json:"opening_value"`
	ClosingValue string `json:"closing_value"`
}

// interest follows the book's open interest of one instrument.
type interest struct {
	seen               bool
	opening, closing   market.Qty
	openMark, lastMark market.Price
}

func (i *interest) step(s *replay.Step) {
	if !i.seen {
		i.seen, i.opening, i.openMark = true, s.OpenInterest, s.Mark
	}
	i.closing, i.lastMark = s.OpenInterest, s.Mark
}

// openInterest puts the instruments together; liquidated is the run's liquidated notional.
func openInterest(list []interest, instruments []market.Instrument, liquidated market.Sum) OpenInterestSummary {
	out := OpenInterestSummary{Fall: undefined, FallInBase: undefined, Liquidated: undefined, ByInstrument: []InstrumentOpenInterest{}}
	var opening, closing, inBase market.Sum
	for i := range list {
		x := &list[i]
		value := func(size market.Qty, mark market.Price) market.Quote {
			v, _ := market.ValueFloor(size, mark) // the exchange has valued larger ones
			return v
		}
		first, last := value(x.opening, x.openMark), value(x.closing, x.lastMark)
		opening.Add(first)
		closing.Add(last)
		inBase.Add(value(x.closing, x.openMark))
		fall := undefined
		if x.opening > 0 {
			fall = Number(1 - market.Float(x.closing)/market.Float(x.opening))
		}
		out.ByInstrument = append(out.ByInstrument, InstrumentOpenInterest{instruments[i].Symbol, x.opening.String(), x.closing.String(), fall, first.String(), last.String()})
	}
	out.Opening, out.Closing = opening.String(), closing.String()
	if opening.Sign() > 0 {
		out.Fall = Number(1 - closing.Float()/opening.Float())
		out.FallInBase = Number(1 - inBase.Float()/opening.Float())
		out.Liquidated = Number(liquidated.Float() / opening.Float())
	}
	return out
}
