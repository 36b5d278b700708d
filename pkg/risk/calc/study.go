package calc

import (
	"github.com/liquidation-lab/backtest/pkg/market"
)

// What T. Chitra, arXiv 2512.01112, computes of liquidations beside the sharing out of a loss: none of it is a venue's rule.

// Accounting says what a liquidation needed of others and what was taken of them.
type Accounting struct {
	Needed, Haircut Number
	Fills           []GapFill // of which needed is the sum
}

// GapFill is a liquidation's fill against the price that it should have had.
type GapFill struct{ Size, Reference, Execution Number }

// AccountingResult is the accounting of a wave.
type AccountingResult struct {
	Needed    Number `json:"needed"`
	Haircut   Number `json:"haircut"`
	Overshoot Number `json:"overshoot"` // haircut - needed
}

// result sums |reference - execution|·size.
func (a *Accounting) result() *AccountingResult {
	r := &AccountingResult{Needed: a.Needed, Haircut: a.Haircut}
	for _, f := range a.Fills {
		r.Needed = r.Needed.Add(f.Reference.Sub(f.Execution).Abs().Mul(f.Size))
	}
	if r.Haircut.Given() && r.Needed.Given() {
		r.Overshoot = r.Haircut.Sub(r.Needed)
	}
	return r
}

// Execution closes a slice of a position against a book that moves linearly with size.
type Execution struct {
	Side       market.Side
	Price      Number
	Impact     Number // by which the price moves for a unit of size
	Size       Number // of the slice
	Held       Number // size of the position; that of the slice where absent
	Collateral Number // that is behind the position at this price
	Reached    Number // execution price, in place of the impact's
}

// ExecutionResult is the slice's price, and what it lacks below bankruptcy.
type ExecutionResult struct {
	Price           Number `json:"execution_price"`
	BankruptcyPrice Number `json:"bankruptcy_price"`
	Shortfall       Number `json:"shortfall"`
}

// result is p ∓ α/2·Δq, the mean over the slice, against p ∓ c/q, at least 0; what is worse than that, times Δq, is bad debt.
func (e *Execution) result() *ExecutionResult {
	side := int(e.Side)
	r := &ExecutionResult{Price: e.Reached.Or(e.Price.Sub(e.Impact.Mul(e.Size).Div(Int(2)).Times(side)))}
	r.BankruptcyPrice = e.Price.Sub(e.Collateral.Div(e.Held.Or(e.Size)).Times(side)).Max(Int(0))
	r.Shortfall = r.BankruptcyPrice.Sub(r.Price).Times(side).Max(Int(0)).Mul(e.Size)
	return r
}

// Slice asks for the least size that restores maintenance margin.
type Slice struct {
	Side                             market.Side
	Price, Size, Equity              Number
	MaintenanceRate, FeeRate, Filled Number // Filled is the price at which the slice trades
}

// SliceResult is that size, and what of it there is.
type SliceResult struct {
	Size   Number `json:"size"` // null where no size does
	Capped Number `json:"capped"`
	Whole  bool   `json:"whole"` // the position is closed whole
}

// result solves e + b·Δq·(p_exec - p) - φ·p·Δq = μ·p·(q - Δq) for Δq. Where a slice costs at least the margin that it frees, none does
// and the position is closed whole.
func (s *Slice) result() *SliceResult {
	margin := s.MaintenanceRate.Mul(s.Price)
	short := margin.Mul(s.Size).Sub(s.Equity)
	frees := s.Filled.Sub(s.Price).Times(int(s.Side)).Sub(s.FeeRate.Mul(s.Price)).Add(margin)
	switch {
	case short.Sign() <= 0:
		return &SliceResult{Size: Int(0), Capped: Int(0)}
	case frees.Sign() <= 0:
		return &SliceResult{Capped: s.Size, Whole: true}
	}
	size := short.Div(frees)
	return &SliceResult{Size: size, Capped: size.Min(s.Size), Whole: size.Cmp(s.Size) >= 0}
}

// LiquidationCost is a fee of a fixed amount, a rate of the value at mark, and one of the value at the fill.
type LiquidationCost struct{ Size, Price, Filled, Fixed, MarkRate, ExecutionRate Number }

// LiquidationCostResult is what it comes to.
type LiquidationCostResult struct {
	Fee Number `json:"fee"`
}

func (c *LiquidationCost) result() *LiquidationCostResult {
	return &LiquidationCostResult{c.Fixed.Add(c.MarkRate.Mul(c.Price).Add(c.ExecutionRate.Mul(c.Filled)).Mul(c.Size))}
}

// Path follows positions that pay each other funding by the ratio of longs to shorts less the premium of mark over oracle.
type Path struct {
	LongShort     Number   // ratio of open longs to shorts
	Marks, Oracle []Number // the first is where positions begin
	Positions     []PathPosition
}

// PathPosition is one of them.
type PathPosition struct {
	Account    string
	Side       market.Side
	Size       Number
	Collateral Number
}

// PathResult has a figure for each moment after the first.
type PathResult struct {
	Funding  []Number      `json:"funding"` // γ = L/S - p/p_oracle
	Deficit  []Number      `json:"deficit"` // what accounts below zero lack together
	Accounts []PathAccount `json:"accounts"`
}

// PathAccount is a position over time.
type PathAccount struct {
	Account string   `json:"account"`
	Cash    []Number `json:"cash"`   // γ·p·b·q, received
	PnL     []Number `json:"pnl"`    // b·q·(p - p_0) and all cash so far
	Equity  []Number `json:"equity"` // collateral and PnL
}

func (p *Path) result() *PathResult {
	r := &PathResult{}
	for t := 1; t < len(p.Marks); t++ {
		r.Funding = append(r.Funding, p.LongShort.Sub(p.Marks[t].Div(p.Oracle[t])))
		r.Deficit = append(r.Deficit, Int(0))
	}
	for i := range p.Positions {
		q := &p.Positions[i]
		signed := q.Size.Times(int(q.Side))
		a := PathAccount{Account: q.Account}
		received := Int(0)
		for k, rate := range r.Funding {
			mark := p.Marks[k+1]
			cash := rate.Mul(mark).Mul(signed)
			received = received.Add(cash)
			pnl := mark.Sub(p.Marks[0]).Mul(signed).Add(received)
			equity := q.Collateral.Add(pnl)
			a.Cash, a.PnL, a.Equity = append(a.Cash, cash), append(a.PnL, pnl), append(a.Equity, equity)
			r.Deficit[k] = r.Deficit[k].Add(equity.Neg().Max(Int(0)))
		}
		r.Accounts = append(r.Accounts, a)
	}
	return r
}
