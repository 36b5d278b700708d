package calc

import (
	"github.com/liquidation-lab/backtest/pkg/risk/venue"
)

// score is RankValue, or what the rulebook's policy makes of what is known of the candidate.
func (c *Candidate) score(book *venue.Rulebook, in *ADLInput, path string) (Score, error) {
	policy := book.Policies.ADLScore
	if policy == "random_start" && !c.RankValue.Given() {
		return Score{}, nil
	}
	if policy == "binance_leverage_pnl" && !c.RankValue.Given() {
		c.maintain(book, in)
	}
	s := ScoreOf(policy, c.standing(in))
	if c.RankValue.Given() {
		s.Value = c.RankValue
		return s, nil
	}
	if !s.Value.Given() || !c.scorable(policy, in) {
		return s, &InputError{Path: path + ".rank_value", Expected: "rank_value, or " + scoreNeeds[policy], Remedy: "the score of this venue is " + policy}
	}
	return s, nil
}

// maintain computes the maintenance margin of a candidate that gives none, by the tiers of a symbol that the rulebook knows.
func (c *Candidate) maintain(book *venue.Rulebook, in *ADLInput) {
	mark := c.MarkPrice.Or(in.MarkPrice)
	if c.Maintenance.Given() || c.MarginRatio.Given() || c.MarginRate.Given() || !c.Size.Given() || !mark.Given() || in.Liquidated.Kind == Inverse {
		return
	}
	if contract, err := book.Contract(in.Symbol); err != nil || contract.Fallback || contract.Kind == venue.Inverse {
		return
	}
	p := Position{Symbol: in.Symbol, Side: c.Side, Size: c.Size, EntryPrice: c.EntryPrice.Or(mark), MarkPrice: mark, Cross: true, ContractSize: in.Liquidated.ContractSize}
	if r, err := resolve(book, &p, "", func(string, ...any) {}); err == nil {
		c.Maintenance = newLeg(&p, r, 0).displayed()
	}
}

var scoreNeeds = map[string]string{
	"binance_leverage_pnl":             "unrealized_pnl, wallet_balance, and margin_ratio or maintenance_margin",
	"pnl_percent_times_leverage":       "entry_price, size and equity; or mark_value, bankrupt_value and avg_entry_value; or pnl_percent and leverage",
	"pnl_over_notional_times_leverage": "entry_price, size and equity; or pnl_percent and leverage",
	"price_gain_times_leverage":        "entry_price, mark_price, notional or size, and account_value",
}

// scorable reports whether nothing that the policy needs was taken as 0 because it is absent.
func (c *Candidate) scorable(policy string, in *ADLInput) bool {
	s := c.standing(in)
	if policy == "binance_leverage_pnl" {
		return (s.PnLPercent.Given() || s.PnL.Given() && s.Wallet.Given()) && (s.MarginRatio.Given() || s.Maintenance.Given() && s.Equity.Given())
	}
	if !s.Leverage.Given() && !(s.Notional.Given() && s.Equity.Given()) {
		return false
	}
	if policy == "price_gain_times_leverage" {
		return s.Notional.Given() && s.EntryValue.Given()
	}
	return s.PnLPercent.Given() || s.PnL.Given() && s.EntryValue.Given()
}

// standing derives a score's ingredients from whichever figures are given.
func (c *Candidate) standing(in *ADLInput) Standing {
	mark := c.MarkPrice.Or(in.MarkPrice)
	s := Standing{Side: c.Side, PnL: c.PnL, Wallet: c.Wallet, Maintenance: c.Maintenance, MarginRatio: c.MarginRatio, Equity: c.Equity,
		PnLPercent: c.PnLPercent, Leverage: c.Leverage, Notional: c.Notional}
	rules := rules{inverse: in.Liquidated.Kind == Inverse, face: in.Liquidated.ContractSize.Or(Int(1))}
	p := Position{Size: c.Size}
	if c.MarkValue.Given() {
		s.Notional = s.Notional.Or(c.MarkValue.Abs())
	}
	if c.EntryValue.Given() {
		s.EntryValue = c.EntryValue.Abs()
	}
	if c.Size.Given() && mark.Given() && !s.Notional.Given() {
		s.Notional = rules.value(&p, mark)
	}
	switch {
	case s.EntryValue.Given() || !c.EntryPrice.Given():
	case mark.Given() && s.Notional.Given(): // before the size, which may be in contracts where the notional is money
		s.EntryValue = s.Notional.Mul(rules.coordinate(c.EntryPrice)).Div(rules.coordinate(mark))
	case c.Size.Given():
		s.EntryValue = rules.value(&p, c.EntryPrice)
	}
	if !s.PnL.Given() {
		switch {
		case c.MarkValue.Given() && c.EntryValue.Given():
			s.PnL = c.MarkValue.Sub(c.EntryValue)
		case s.Notional.Given() && s.EntryValue.Given():
			sign := int(c.Side)
			if rules.inverse {
				sign = -sign
			}
			s.PnL = s.Notional.Sub(s.EntryValue).Times(sign)
		}
	}
	if !s.EntryValue.Given() && s.Notional.Given() && s.PnL.Given() {
		s.EntryValue = s.Notional.Sub(s.PnL.Times(int(c.Side)))
	}
	if !s.Wallet.Given() && c.Leverage.Given() && s.EntryValue.Given() {
		s.Wallet = s.EntryValue.Div(c.Leverage) // an isolated position's margin
	}
	if !s.Maintenance.Given() && c.MarginRate.Given() && s.Notional.Given() {
		s.Maintenance = s.Notional.Mul(c.MarginRate)
	}
	if !s.Equity.Given() {
		switch {
		case c.MarkValue.Given() && c.BankruptValue.Given():
			s.Equity = c.MarkValue.Sub(c.BankruptValue) // BitMEX: effective leverage = |mark value| / (mark value - bankrupt value)
		case s.Wallet.Given() && s.PnL.Given():
			s.Equity = s.Wallet.Add(s.PnL)
		}
	}
	return s
}

// losing reports whether the candidate is known not to be in profit; only those in profit are deleveraged.
func (c *Candidate) losing(in *ADLInput) bool {
	s := c.standing(in)
	return s.PnL.Given() && s.PnL.Sign() <= 0 || s.PnLPercent.Given() && s.PnLPercent.Sign() <= 0
}

// worse reports whether a price is worse for the candidate than its own bankruptcy price (dYdX v4: bankruptcy prices that do
// not overlap are skipped).
func (c *Candidate) worse(price Number) bool {
	own := c.BankruptcyPrice
	if !own.Given() && c.QuoteBalance.Given() && c.Size.Sign() > 0 {
		own = c.QuoteBalance.Div(c.Size).Times(-int(c.Side))
	}
	return price.Given() && own.Given() && price.Sub(own).Times(int(c.Side)).Sign() < 0
}

// bankruptcy finds the bankruptcy price of the liquidated position; absent where nothing tells it.
func (l *Liquidated) bankruptcy(book *venue.Rulebook, symbol string) (Number, error) {
	switch {
	case l.BankruptcyPrice.Given():
		return l.BankruptcyPrice, nil
	case l.BankruptcyQuote.Given() && l.Size.Given():
		return l.BankruptcyQuote.Div(l.Size).Times(int(l.Side)), nil
	case l.QuoteBalance.Given() && l.Size.Given():
		return l.QuoteBalance.Div(l.Size).Times(-int(l.Side)), nil
	case !l.EntryPrice.Given() || !l.Size.Given():
		return Number{}, nil
	}
	p := Position{Symbol: symbol, Side: l.Side, Size: l.Size, EntryPrice: l.EntryPrice, Leverage: l.Leverage, Kind: l.Kind, ContractSize: l.ContractSize}
	if l.Margin.Given() || l.Wallet.Given() && !l.Leverage.Given() {
		p.IsolatedMargin = l.Margin.Add(l.Wallet)
	} else if l.Leverage.Given() {
		rules := rules{inverse: l.Kind == Inverse, face: l.ContractSize.Or(Int(1))}
		p.IsolatedMargin = rules.value(&p, l.EntryPrice).Div(l.Leverage).Add(l.Wallet)
	} else {
		return Number{}, nil
	}
	if _, err := book.Contract(symbol); err != nil {
		p.MaintenanceMarginRate = Int(0) // it does not move the bankruptcy price
	}
	r, err := Evaluate(book, &Account{Positions: []Position{p}})
	if err != nil {
		return Number{}, err
	}
	return r.Positions[0].BankruptcyPrice, nil
}

// value is what a part of the liquidated contract is worth at a price.
func (l *Liquidated) value(book *venue.Rulebook, symbol string, size, price Number) Number {
	p := Position{Symbol: symbol, Size: size, Kind: l.Kind, ContractSize: l.ContractSize}
	r := rules{face: l.ContractSize.Or(Int(1))}
	if c, err := book.Contract(symbol); err == nil && symbol != "" {
		r.contract = c
	}
	r.kind(&p)
	return r.value(&p, price)
}
