package calc

import (
	"fmt"
	"slices"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// mostPositions bounds an account.
const mostPositions = 1000

// ParseAccount reads the input of `calc account` (docs/CALC.md lists the keys and their other spellings). Its errors, one for
// each thing that is wrong, are *InputError joined.
func ParseAccount(text []byte) (*Account, error) {
	o, err := parse(text)
	if err != nil {
		return nil, err
	}
	a := &Account{
		Venue:              o.text("venue"),
		WalletBalance:      o.number(anyNumber, "wallet_balance", "wallet", "balance"),
		CrossWalletBalance: o.number(anyNumber, "cross_wallet_balance", "cross_wallet"),
		QuoteBalance:       o.number(anyNumber, "quote_balance", "quote", "quote_usdc"),
		OtherPnL:           o.number(anyNumber, "other_unrealized_pnl", "other_pnl"),
		OtherMaintenance:   o.number(atLeast0, "other_maintenance_margin"),
		FillableAdjustment: o.number(above0, "fillable_adjustment", "bankruptcy_adjustment", "ba"),
		FillableSpread:     o.number(above0, "fillable_spread", "spread_to_maintenance_margin_ratio", "smmr"),
	}
	for _, c := range o.objects("collateral") {
		a.Collateral = append(a.Collateral, Collateral{Asset: c.text("asset", "symbol", "coin"), Amount: c.number(anyNumber, "amount", "equity", "notional"),
			Price: c.number(atLeast0, "price", "index_price", "index"), Rate: c.number(share, "rate", "collateral_rate", "weight")})
		c.done()
	}
	list := o.objects("positions", "position")
	if len(list) > mostPositions {
		o.in.refuse("positions", fmt.Sprintf("%d positions", len(list)), fmt.Sprintf("at most %d", mostPositions), "split the account")
		list = nil
	}
	for _, p := range list {
		a.Positions = append(a.Positions, p.position(a.CrossWalletBalance.Given() || a.QuoteBalance.Given()))
	}
	if _, _, given := o.lookup([]string{"positions", "position"}); !given && !a.OtherMaintenance.Given() {
		o.in.refuse("positions", "", "a list of positions", "docs/CALC.md has an example")
	}
	walletOnce(o, a)
	o.done()
	if err := o.in.err(); err != nil {
		return nil, err
	}
	return a, nil
}

func walletOnce(o *object, a *Account) {
	given := 0
	for _, n := range []Number{a.WalletBalance, a.CrossWalletBalance, a.QuoteBalance} {
		if n.Given() {
			given++
		}
	}
	if given > 1 {
		o.in.refuse("wallet_balance", "given in more than one way", "one of wallet_balance, cross_wallet_balance, quote_balance", "docs/CALC.md says how they differ")
	}
}

var (
	sideWords     = []string{"long", "short"}
	sideSpellings = map[string]string{"buy": "long", "sell": "short", "b": "long", "a": "short"}
	modeWords     = []string{"isolated", "cross"}
	modeSpellings = map[string]string{"crossed": "cross", "iso": "isolated"}
	kindWords     = []string{"linear", "inverse"}
)

// position reads one position. crossed says that the account's wallet is given as that of cross positions.
func (o *object) position(crossed bool) Position {
	p := Position{
		Symbol:                o.text("symbol", "instrument", "inst_id", "coin"),
		EntryPrice:            o.number(above0, "entry_price", "entry", "avg_price", "average_price", "avg_entry_price", "avg", "ep", "entry_px", "avg_px"),
		MarkPrice:             o.number(above0, "mark_price", "mark", "mark_px", "oracle_price", "oracle", "price"),
		Leverage:              o.number(above0, "leverage", "lev"),
		IsolatedMargin:        o.number(anyNumber, "isolated_margin", "isolated_wallet", "margin"),
		RawUSD:                o.number(anyNumber, "raw_usd"),
		MaintenanceMarginRate: o.number(fraction, "maintenance_margin_rate", "maint_margin_rate", "mmr", "mmf"),
		MaintenanceAmount:     o.number(anyNumber, "maintenance_amount", "maint_amount", "cum", "deduction"),
		FeeRate:               o.number(fraction, "fee_rate", "taker_fee_rate", "taker_fee", "taker", "liq_fee"),
		Table:                 o.table(),
		ContractSize:          o.number(above0, "contract_size", "ct_val", "face_value"),
		Tick:                  o.number(above0, "tick", "tick_size"),
		Rounding:              Rounding(o.choice(roundings, nil, "rounding", "price_rounding")),
		OpenInterest:          o.number(atLeast0, "open_interest", "oi"),
		CloseSize:             o.number(above0, "close_size"),
	}
	p.Kind = o.kind()
	if t := o.object("interest_margin"); t != nil {
		p.Interest = &InterestTable{Base: t.required(share, "base", "base_imf"), Lower: t.required(atLeast0, "lower"), Upper: t.required(atLeast0, "upper")}
		t.done()
	}
	o.sideAndSize(&p)
	switch o.choice(modeWords, modeSpellings, "margin_mode", "mode", "margin_type") {
	case "cross":
		p.Cross = true
	case "":
		p.Cross = (crossed || !p.Leverage.Given()) && !p.IsolatedMargin.Given() && !p.RawUSD.Given()
	}
	o.agree(&p)
	o.done()
	return p
}

// sideAndSize reads the direction from side or from the sign of the size, and the size from itself or from a notional. Of two
// keys the sign is the direction at their venues (Binance positionAmt, Hyperliquid szi), so that they need no side.
func (o *object) sideAndSize(p *Position) {
	signed := o.number(not0, "position_amt", "szi")
	p.Size = o.number(not0, "size", "qty", "quantity", "contracts", "q", "amount")
	_, name, given := o.lookup([]string{"position_amt", "szi", "size", "qty", "quantity", "contracts", "q", "amount"})
	path := "notional"
	if given {
		path = o.written(name)
	}
	if signed.Given() && p.Size.Given() {
		o.in.refuse(join(o.path, "size"), p.Size.String(), "one size, not two", "remove one")
	}
	p.Size = p.Size.Or(signed)
	p.Notional = o.number(not0, "notional", "value", "position_value")
	wrong := len(o.in.errs)
	word := o.choice(slices.Concat(sideWords, []string{"both"}), sideSpellings, "side", "position_side", "direction")
	if word == "both" { // Binance's positionSide in one-way mode: the sign is the direction
		word, signed = "", p.Size
	}
	switch {
	case word == "long" && (p.Size.Sign() < 0 || p.Notional.Sign() < 0):
		o.in.refuse(join(o.path, path), p.Size.Or(p.Notional).String(), "a size above 0 for a long", "drop the sign or the side")
	case word == "short", word == "" && (p.Size.Sign() < 0 || p.Notional.Sign() < 0):
		p.Side = market.Short
	case word == "long", signed.Given():
		p.Side = market.Long
	case len(o.in.errs) == wrong: // a side that is no word was refused already
		o.in.refuse(join(o.path, "side"), "", "long or short", "a negative size means short as well")
	}
	p.Size, p.Notional = sized(p.Size), sized(p.Notional)
	switch {
	case p.Size.Given():
	case given: // refused already
		p.Size = Int(1)
	case !p.Notional.Given() || !p.MarkPrice.Or(p.EntryPrice).Given():
		o.in.refuse(join(o.path, "size"), "", "a number other than 0", "or notional beside a price")
		p.Size = Int(1)
	}
}

// sized drops a size's sign and keeps its absence.
func sized(n Number) Number {
	if !n.Given() {
		return n
	}
	return n.Abs()
}

// agree refuses what contradicts itself.
func (o *object) agree(p *Position) {
	if p.Cross && p.IsolatedMargin.Given() && p.IsolatedMargin.Sign() == 0 {
		p.IsolatedMargin = Number{} // how venues' interfaces and tables of one shape write that there is none
	}
	if p.Cross && (p.IsolatedMargin.Given() || p.RawUSD.Given()) {
		o.in.refuse(join(o.path, "isolated_margin"), p.IsolatedMargin.Or(p.RawUSD).String(), "none with margin_mode cross", "cross positions share wallet_balance")
	}
	if p.IsolatedMargin.Given() && p.RawUSD.Given() {
		o.in.refuse(join(o.path, "raw_usd"), p.RawUSD.String(), "isolated_margin or raw_usd, not both", "remove one")
	}
	if p.CloseSize.Given() && p.Size.Given() && p.CloseSize.Cmp(p.Size) > 0 {
		o.in.refuse(join(o.path, "close_size"), p.CloseSize.String(), "at most the size, "+p.Size.String(), "")
	}
	if p.Rounding != RoundingOfRulebook && !p.Tick.Given() {
		o.in.refuse(join(o.path, "rounding"), string(p.Rounding), "a tick beside it", "such as \"tick\": \"0.1\"")
	}
}

// table reads what stands in for the rulebook's tiers.
func (o *object) table() Table {
	var t Table
	rows, path := o.list("tiers")
	for i, v := range rows {
		t.Rows = append(t.Rows, o.in.row(fmt.Sprintf("%s[%d]", path, i), v))
	}
	given := min(len(rows), 1)
	if s := o.object("size_margin"); s != nil {
		t.Size = &SizeTable{Initial: s.number(fraction, "initial", "im_base"), Maintenance: s.number(fraction, "maintenance", "mm_base"), Slope: s.number(atLeast0, "slope")}
		s.done()
		given++
	}
	if r := o.object("risk_limit"); r != nil {
		t.RiskLimit = &RiskLimit{Base: r.required(atLeast0, "base"), Step: r.required(above0, "step"), Initial: r.required(fraction, "initial", "base_im"),
			Maintenance: r.required(fraction, "maintenance", "base_mm"), Increment: r.number(fraction, "increment", "step_add").Or(Must("0.005"))}
		r.done()
		given++
	}
	if given > 1 {
		o.in.refuse(join(o.path, "tiers"), "given beside size_margin or risk_limit", "one of them", "")
	}
	o.in.contiguous(path, t.Rows)
	return t
}

// required reads a number that has to be there.
func (o *object) required(meets bound, names ...string) Number {
	n := o.number(meets, names...)
	if _, _, there := o.lookup(names); !there {
		o.in.refuse(join(o.path, names[0]), "", meets.words, "")
	}
	if meets.holds(n) {
		return n
	}
	return Int(1) // refused already; keeps what follows defined
}

func (o *object) lookup(names []string) (any, string, bool) {
	for _, name := range names {
		if v, ok := o.values[plainKey(name)]; ok && v != nil {
			return v, name, true
		}
	}
	return nil, "", false
}

// row reads one tier: an object, or a list [cap, rate] as tables are often noted.
func (in *input) row(path string, v any) Row {
	switch v := v.(type) {
	case *object:
		r := Row{Floor: v.number(atLeast0, "floor", "min_notional", "notional_floor"), Cap: v.number(above0, "cap", "max_notional", "notional_cap"),
			Rate:   v.number(fraction, "maintenance_margin_rate", "rate", "mmr", "maint_margin_ratio"),
			Amount: v.number(anyNumber, "maintenance_amount", "amount", "cum", "deduction"), MaxLeverage: v.number(above0, "max_leverage", "leverage", "initial_leverage")}
		v.done()
		if !r.Rate.Given() && !r.MaxLeverage.Given() {
			in.refuse(path+".maintenance_margin_rate", "", fraction.words, "or max_leverage: the rate is then 1/(2*max_leverage)")
			r.Rate = Int(0)
		}
		return r
	case []any:
		if len(v) == 2 {
			return Row{Cap: in.number(path+"[0]", v[0], above0), Rate: in.number(path+"[1]", v[1], fraction)}
		}
	}
	in.refuse(path, kindOf(v), "an object with cap and maintenance_margin_rate, or [cap, rate]", "")
	return Row{Rate: Int(0)}
}

// contiguous refuses tiers that do not follow one another.
func (in *input) contiguous(path string, rows []Row) {
	last := Int(0)
	for i, r := range rows {
		at := fmt.Sprintf("%s[%d]", path, i)
		if r.Floor.Given() && r.Floor.Cmp(last) != 0 && (i == 0 || rows[i-1].Cap.Given()) {
			in.refuse(at+".floor", r.Floor.String(), last.String()+", the cap of the tier before", "")
		}
		if !r.Cap.Given() {
			if i < len(rows)-1 && !rows[i+1].Floor.Given() {
				in.refuse(at+".cap", "", "a cap for every tier but the last", "")
			} else if i < len(rows)-1 {
				last = rows[i+1].Floor
			}
			continue
		}
		if r.Cap.Cmp(last) <= 0 {
			in.refuse(at+".cap", r.Cap.String(), "more than "+last.String()+", where the tier begins", "")
		}
		last = r.Cap
	}
}
