package replay

import (
	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk"
)

// Inventory is what the liquidation engine carried in a run with a bound on its participation (docs/MODEL.md section 14): what a book
// did not take of a takeover, at the insurance fund's risk. Results are values at mark, or proceeds, less the cash that was paid.
type Inventory struct {
	Peak       market.Sum // highest notional at mark, at the end of a tick
	PeakTime   market.Time
	PeakResult market.Sum // at that moment
	Lowest     market.Sum // result at mark, at most 0: the most that was lacking
	LowestTime market.Time
	// FundLow is the least that all funds together held at the end of a tick, less what was lacking then: what they could still bear.
	FundLow     market.Sum
	FundLowTime market.Time
	// What became of it later: parts that the fund sold, that went to opposite positions, that were sold at a socialized loss.
	Sold, SoldResult             market.Sum
	Deleveraged                  market.Sum
	Socialized, SocializedResult market.Sum
	Closing                      risk.Carried
	Left                         []InventoryPart // at the end, by instrument, longs first
}

// InventoryPart is what is carried of one instrument and side, with its value at mark less the cash.
type InventoryPart struct {
	Symbol string
	Mark   market.Price
	risk.Inventory
	Result market.Sum
}

// newInventory begins with the fund's opening balance.
func newInventory(fund market.Quote, from market.Time) *Inventory {
	v := &Inventory{FundLowTime: from}
	v.FundLow.Add(fund)
	return v
}

// event takes in what became of something carried: such events have round 0.
func (v *Inventory) event(e *risk.Event) {
	switch {
	case e.Round != 0:
	case e.Kind == risk.ADL:
		v.Deleveraged.Add(e.Notional)
	case e.Kind == risk.Insurance && e.Book:
		v.Sold.Add(e.Notional)
		v.SoldResult.Add(e.RealizedPnL)
	case e.Kind == risk.SocializedLoss && e.Book:
		v.Socialized.Add(e.Notional)
		v.SocializedResult.Add(e.RealizedPnL)
	}
}

// watch looks at what is carried after a tick.
func (v *Inventory) watch(x *risk.Exchange, at market.Time) {
	c := x.Carried()
	if c.Notional.Cmp(v.Peak) > 0 {
		v.Peak, v.PeakTime, v.PeakResult = c.Notional, at, c.Result
	}
	if c.Result.Cmp(v.Lowest) < 0 {
		v.Lowest, v.LowestTime = c.Result, at
	}
	var fund market.Sum
	if fund.Add(x.Fund()); c.Result.Sign() < 0 {
		fund.AddSum(c.Result)
	}
	if fund.Cmp(v.FundLow) < 0 {
		v.FundLow, v.FundLowTime = fund, at
	}
}

// close takes in what is left at the end, of instruments and assets by their symbols.
func (v *Inventory) close(x *risk.Exchange, symbols []string) {
	v.Closing = x.Carried()
	for i, symbol := range symbols {
		mark, _, _, _ := x.Prices(market.InstrumentID(i))
		long, short := x.Inventory(market.InstrumentID(i))
		for _, part := range []risk.Inventory{long, short} {
			if part.Size == 0 {
				continue
			}
			p := InventoryPart{Symbol: symbol, Mark: mark, Inventory: part}
			value, _ := market.ValueFloor(part.Size, mark) // the exchange has it at this value
			p.Result.Add(value)
			p.Result.Sub(part.Cash)
			v.Left = append(v.Left, p)
		}
	}
}

// listed returns the symbols of what the exchange lists, by id: instruments, then assets.
func (p *plan) listed() (symbols []string) {
	for _, in := range p.instruments {
		symbols = append(symbols, in.Symbol)
	}
	for i := range p.assets {
		symbols = append(symbols, p.assets[i].Symbol)
	}
	return symbols
}
