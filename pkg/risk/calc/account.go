package calc

import (
	"fmt"

	"github.com/liquidation-lab/backtest/pkg/risk/venue"
)

// AccountResult is what `calc account` prints; docs/CALC.md describes every field. Money is in the settlement currency: quote
// currency of linear contracts, base currency of inverse ones.
type AccountResult struct {
	Venue             string           `json:"venue"`
	WalletBalance     Number           `json:"wallet_balance"`
	Notional          Number           `json:"notional"` // of all positions
	UnrealizedPnL     Number           `json:"unrealized_pnl"`
	Equity            Number           `json:"equity"`
	MarginBalance     Number           `json:"margin_balance"`
	InitialMargin     Number           `json:"initial_margin"`
	MaintenanceMargin Number           `json:"maintenance_margin"`
	RequiredMargin    Number           `json:"required_margin"`
	MarginRatio       Number           `json:"margin_ratio"`
	Liquidatable      bool             `json:"liquidatable"`
	BackstopBelow     Number           `json:"backstop_below"`
	Positions         []PositionResult `json:"positions"`
	Notes             []string         `json:"notes"`
}

// PositionResult is one position of an AccountResult.
type PositionResult struct {
	Symbol     string `json:"symbol"`
	Side       string `json:"side"`
	MarginMode string `json:"margin_mode"`
	Contract   string `json:"contract"` // linear, inverse

	Notional              Number `json:"notional"`
	EntryNotional         Number `json:"entry_notional"`
	UnrealizedPnL         Number `json:"unrealized_pnl"`
	InitialMargin         Number `json:"initial_margin"`
	InitialMarginRate     Number `json:"initial_margin_rate"`
	MaintenanceMargin     Number `json:"maintenance_margin"`
	RequiredMargin        Number `json:"required_margin"` // with the closing fee where the venue counts it: what equity is compared with
	MaintenanceMarginRate Number `json:"maintenance_margin_rate"`
	MaintenanceAmount     Number `json:"maintenance_amount"`
	ClosingFee            Number `json:"closing_fee"`
	MaxLeverage           Number `json:"max_leverage"`

	MarginBalance Number `json:"margin_balance"`
	MarginRatio   Number `json:"margin_ratio"`
	Liquidatable  bool   `json:"liquidatable"`

	LiquidationPrice        Number `json:"liquidation_price"`
	LiquidationPriceExact   Number `json:"liquidation_price_exact"`
	LiquidationPriceRounded Number `json:"liquidation_price_rounded"`
	LiquidationRate         Number `json:"liquidation_maintenance_margin_rate"`
	LiquidationDistance     Number `json:"liquidation_distance_percent"`
	BankruptcyPrice         Number `json:"bankruptcy_price"`
	BankruptcyPriceExact    Number `json:"bankruptcy_price_exact"`
	BankruptcyPriceRounded  Number `json:"bankruptcy_price_rounded"`
	TakeoverPrice           Number `json:"takeover_price"`
	BankruptcyQuote         Number `json:"bankruptcy_quote"`

	ADLScore      Number `json:"adl_score"`
	ADLPnLPercent Number `json:"adl_pnl_percent"`
	ADLLeverage   Number `json:"adl_leverage"`

	BackstopBelow          Number `json:"backstop_below"`
	NextOrder              *Order `json:"next_order"`
	FillablePrice          Number `json:"fillable_price"`
	ZeroPrice              Number `json:"zero_price"`
	LiquidationFeeUncapped Number `json:"liquidation_fee_uncapped"`
	LiquidationFee         Number `json:"liquidation_fee"`
}

// state is an account with its rules resolved.
type state struct {
	book     *venue.Rulebook
	legs     []*leg
	cross    scope
	isolated map[*leg]*scope
	splits   bool   // the venue publishes how a scope's equity is split among its positions
	broke    bool   // a scope has no equity
	excess   Number // what collateral is worth beyond what of it counts for margin
	notes    []string
}

// Evaluate computes an account under a rulebook. Errors are *InputError.
func Evaluate(book *venue.Rulebook, a *Account) (*AccountResult, error) {
	s, err := newState(book, a)
	if err != nil {
		return nil, err
	}
	r := &AccountResult{Venue: book.ID, Positions: make([]PositionResult, len(s.legs)), Notes: s.notes}
	for i, l := range s.legs {
		r.Positions[i] = s.position(l, a)
	}
	s.totals(r)
	return r, nil
}

func newState(book *venue.Rulebook, a *Account) (*state, error) {
	s := &state{book: book, isolated: map[*leg]*scope{}, notes: []string{}}
	for _, f := range book.Facts() {
		s.splits = s.splits || f.Path == "policies.bankruptcy" && f.Value == "split_by_maintenance_margin" && f.Sourced()
	}
	note := func(format string, args ...any) { s.notes = append(s.notes, fmt.Sprintf(format, args...)) }
	positions := make([]Position, len(a.Positions))
	copy(positions, a.Positions)
	for i := range positions {
		if p := &positions[i]; p.Notional.Given() {
			if err := byNotional(book, p, fmt.Sprintf("positions[%d]", i)); err != nil {
				return nil, err
			}
		}
	}
	if err := marks(positions); err != nil {
		return nil, err
	}
	onlyMargin(a, positions, note)
	s.cross = scope{inclusive: book.Inclusive, otherPnL: a.OtherPnL, otherMM: a.OtherMaintenance}
	posted := Number{}
	for i := range positions {
		p, path := &positions[i], fmt.Sprintf("positions[%d]", i)
		r, err := resolve(book, p, path, note)
		if err != nil {
			return nil, err
		}
		if err := leverage(p, r, path, note); err != nil {
			return nil, err
		}
		l := newLeg(p, r, i)
		if err := soundTable(l, path); err != nil {
			return nil, err
		}
		s.legs = append(s.legs, l)
		if p.Cross {
			if len(s.cross.legs) > 0 && s.cross.legs[0].rules.inverse != r.inverse {
				return nil, &InputError{Path: path + ".contract_type", Value: r.kindName(), Expected: s.cross.legs[0].rules.kindName() + " as the cross positions before it",
					Remedy: "linear and inverse contracts settle in different currencies; compute them as two accounts"}
			}
			s.cross.legs = append(s.cross.legs, l)
			continue
		}
		posted = posted.Add(l.margin)
		s.isolated[l] = &scope{legs: []*leg{l}, wallet: l.margin, inclusive: book.Inclusive}
	}
	return s, s.wallet(a, posted, note)
}

// marks fills in the marks that are absent: that of another position of the symbol, else the entry price.
func marks(positions []Position) error {
	type first struct {
		at   int
		mark Number
	}
	known := map[string]first{}
	for i := range positions {
		p := &positions[i]
		f, seen := known[p.Symbol]
		switch {
		case !p.MarkPrice.Given() || p.Symbol == "":
		case !seen:
			known[p.Symbol] = first{i, p.MarkPrice}
		case f.mark.Cmp(p.MarkPrice) != 0:
			return &InputError{Path: fmt.Sprintf("positions[%d].mark_price", i), Value: p.MarkPrice.String(),
				Expected: fmt.Sprintf("%s as at positions[%d], which is of the same symbol", f.mark, f.at), Remedy: "a symbol has one mark price"}
		}
	}
	for i := range positions {
		p := &positions[i]
		if f, ok := known[p.Symbol]; ok && !p.MarkPrice.Given() {
			p.MarkPrice = f.mark
		}
		p.MarkPrice = p.MarkPrice.Or(p.EntryPrice)
		if p.Symbol != "" {
			known[p.Symbol] = first{i, p.MarkPrice}
		}
		p.EntryPrice = p.EntryPrice.Or(p.MarkPrice)
		if p.MarkPrice.Sign() <= 0 {
			return &InputError{Path: fmt.Sprintf("positions[%d].entry_price", i), Expected: "a price above 0", Remedy: "mark_price alone is enough for an account with quote_balance"}
		}
	}
	return nil
}

// leverage fills in what is known of it, and refuses an isolated position whose margin cannot be found.
func leverage(p *Position, r *rules, path string, note func(string, ...any)) error {
	if p.Leverage.Given() {
		return nil
	}
	entry := r.value(p, p.EntryPrice)
	if !p.Cross {
		sign := p.sign()
		if r.inverse {
			sign = -sign
		}
		margin := p.IsolatedMargin
		if p.RawUSD.Given() {
			margin = p.RawUSD.Add(entry.Times(sign))
		}
		if !margin.Given() {
			return &InputError{Path: path + ".leverage", Expected: "leverage or isolated_margin for an isolated position", Remedy: "isolated margin is entry notional / leverage where it is not given"}
		}
		if margin.Sign() > 0 {
			p.Leverage = entry.Div(margin)
		}
		return nil
	}
	if highest := r.bandAt(r.measure(p)).maxLeverage; highest.Given() && !r.initial.Given() {
		p.Leverage = highest
		note("%s.leverage: not given, taken as the tier's highest, %s", path, highest)
	}
	if r.fee == venue.FeeAtBankruptcy && !p.Leverage.Given() {
		return &InputError{Path: path + ".leverage", Expected: "the position's leverage", Remedy: "maintenance margin of this venue has the closing fee at the price that the leverage makes bankrupt"}
	}
	return nil
}

// soundTable refuses tiers that ask for the whole value and more, which is percent written as a fraction.
func soundTable(l *leg, path string) error {
	for i := range l.rules.bands {
		if rate := l.rules.bands[i].rate; rate.Add(l.rules.feeRate).Cmp(Int(1)) >= 0 && !l.rules.margin.Linear {
			return &InputError{Path: path + ".maintenance_margin_rate", Value: rate.String(), Expected: "a fraction such as 0.004 for 0.4%, below 1 with the fee rate", Remedy: "divide percent by 100"}
		}
	}
	return nil
}

// wallet settles what backs the cross scope.
func (s *state) wallet(a *Account, posted Number, note func(string, ...any)) error {
	counted, worth := Number{}, Number{}
	for _, c := range a.Collateral {
		value := c.Amount.Mul(c.Price.Or(Int(1)))
		worth = worth.Add(value)
		counted = counted.Add(value.Min(value.Mul(c.Rate.Or(Int(1))))) // a debt is not made smaller (Binance Portfolio Margin)
	}
	s.excess = worth.Sub(counted)
	switch {
	case a.CrossWalletBalance.Given():
		s.cross.wallet = a.CrossWalletBalance
	case a.QuoteBalance.Given():
		s.cross.wallet = a.QuoteBalance
		for _, l := range s.cross.legs {
			s.cross.wallet = s.cross.wallet.Add(l.entryValue().Times(l.sigma))
		}
	case a.WalletBalance.Given():
		s.cross.wallet = a.WalletBalance.Sub(posted)
		if s.cross.wallet.Sign() < 0 && len(s.cross.legs) == 0 {
			s.cross.wallet = a.WalletBalance
			note("wallet_balance: %s is less than the isolated margins, %s, so that it cannot include them; taken as cross_wallet_balance", a.WalletBalance, posted)
		}
	case len(s.cross.legs) > 0 && len(a.Collateral) == 0:
		return &InputError{Path: "wallet_balance", Expected: "the wallet that backs the cross positions", Remedy: "cross_wallet_balance and quote_balance say it otherwise"}
	}
	s.cross.wallet = s.cross.wallet.Add(counted)
	return nil
}

func (s *state) scopeOf(l *leg) *scope {
	if l.in.Cross {
		return &s.cross
	}
	return s.isolated[l]
}

// totals fills in the account's figures. The margin ratio is that of the scope that is nearest to liquidation.
func (s *state) totals(r *AccountResult) {
	wallet, pnl, mm, required, im, backstop := s.cross.wallet, s.cross.otherPnL, s.cross.otherMM, s.cross.otherMM, Int(0), Number{}
	known := true
	balance := Number{}
	if len(s.cross.legs) > 0 || s.cross.otherMM.Given() || len(s.legs) == 0 {
		balance = s.cross.equity()
		s.worst(r, &s.cross)
	}
	for _, l := range s.legs {
		r.Notional = r.Notional.Add(l.markValue())
		pnl, known = pnl.Add(l.pnl(l.mark)), known && l.initial().Given()
		mm, required = mm.Add(l.displayed()), required.Add(l.maintenance())
		im = im.Add(l.initial())
		if b := l.backstop(s.book); b.Given() {
			backstop = backstop.Add(b)
		}
		if l.in.Cross {
			continue
		}
		wallet = wallet.Add(l.margin)
		balance = balance.Add(s.isolated[l].equity())
		s.worst(r, s.isolated[l])
	}
	r.Notional = r.Notional.Or(Int(0))
	r.WalletBalance, r.UnrealizedPnL = wallet.Add(s.excess), pnl.Or(Int(0))
	r.Equity = wallet.Add(pnl).Add(s.excess)
	r.MarginBalance, r.BackstopBelow = balance, backstop
	r.MaintenanceMargin, r.RequiredMargin = mm.Or(Int(0)), required.Or(Int(0))
	if known {
		r.InitialMargin = im
	}
}

// worst keeps the highest margin ratio and whether any scope is liquidatable.
func (s *state) worst(r *AccountResult, of *scope) {
	r.Liquidatable = r.Liquidatable || of.liquidatable()
	ratio := of.ratio()
	s.broke = s.broke || !ratio.Given()
	r.MarginRatio = r.MarginRatio.Or(ratio).Max(ratio)
	if s.broke {
		r.MarginRatio = Number{} // beyond any ratio
	}
}

// ratio is required margin / equity; absent where there is no equity left to divide by.
func (s *scope) ratio() Number {
	if equity := s.equity(); equity.Sign() > 0 {
		return s.maintenance().Div(equity)
	}
	return Number{}
}
