package calc

import (
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// mostCandidates bounds a queue.
const mostCandidates = 100_000

// ParseADL reads the input of `calc adl` (docs/CALC.md lists the keys). Its errors are *InputError joined.
func ParseADL(text []byte) (*ADLInput, error) {
	o, err := parse(text)
	if err != nil {
		return nil, err
	}
	in := &ADLInput{
		Venue: o.text("venue"), Symbol: o.text("symbol", "instrument", "inst_id"),
		Size:              o.number(above0, "size", "qty", "quantity"),
		Price:             o.number(above0, "price", "adl_price"),
		MarkPrice:         o.number(above0, "mark_price", "mark", "oracle", "oracle_price"),
		PreviousMarkPrice: o.number(above0, "previous_mark_price", "previous_mark"),
		FinalSettlement:   o.flag("final_settlement"),
	}
	start := o.number(wholeNumber, "start", "start_index", "first")
	in.Start = int(start.Float())
	if l := o.object("liquidated"); l != nil {
		in.Liquidated = l.liquidated()
		in.agree(l)
		in.Liquidated.Size = in.Liquidated.Size.Or(in.Size)
	}
	list := o.objects("candidates", "accounts", "offsetting", "counterparties")
	if len(list) > mostCandidates {
		o.in.refuse("candidates", strconv.Itoa(len(list)), fmt.Sprintf("at most %d", mostCandidates), "keep those at the head of the queue")
		list = nil
	}
	seen := map[string]int{}
	for i, c := range list {
		in.sameContract(c)
		in.Candidates = append(in.Candidates, c.candidate())
		name := in.Candidates[i].Account
		if at, twice := seen[name]; twice && name != "" {
			o.in.refuse(c.path+".account", strconv.Quote(name), fmt.Sprintf("another name than candidates[%d] has", at), "")
		}
		seen[name] = i
		if !in.Candidates[i].Size.Given() && (in.Size.Given() || in.Liquidated.Size.Given()) {
			o.in.refuse(c.path+".size", "", "the size of its position", "leave out size and liquidated to rank only")
		}
	}
	if f := o.object("fund", "insurance_fund", "pool"); f != nil {
		in.Fund = f.fund()
	}
	in.Study = o.study()
	if len(list) == 0 && in.Fund == nil && !in.Liquidated.Given && !in.Study.Given() {
		o.in.refuse("candidates", "", "candidates to rank, a liquidated position, a fund, or a budget to share out", "docs/CALC.md has examples")
	}
	o.done()
	if err := o.in.err(); err != nil {
		return nil, err
	}
	return in, nil
}

// agree takes from the liquidated position what holds for all of the queue: symbol and mark price.
func (in *ADLInput) agree(l *object) {
	for _, n := range []struct {
		into  *Number
		names []string
	}{{&in.MarkPrice, []string{"mark_price", "mark", "oracle", "oracle_price"}}, {&in.PreviousMarkPrice, []string{"previous_mark_price", "previous_mark"}}} {
		switch v := l.number(above0, n.names...); {
		case !v.Given():
		case n.into.Given() && n.into.Cmp(v) != 0:
			l.in.refuse(join(l.path, n.names[0]), v.String(), n.into.String()+" as in "+n.names[0]+" of the request", "a queue has one contract")
		default:
			*n.into = v
		}
	}
	in.sameContract(l)
	l.done()
}

// sameContract refuses a position in another contract than the queue's.
func (in *ADLInput) sameContract(o *object) {
	switch symbol := o.text("symbol", "instrument", "inst_id", "coin"); {
	case symbol == "" || symbol == in.Symbol:
	case in.Symbol == "":
		in.Symbol = symbol
	default:
		o.in.refuse(join(o.path, "symbol"), strconv.Quote(symbol), strconv.Quote(in.Symbol)+" as before it", "a queue has one contract")
	}
}

var wholeNumber = bound{"a whole number from 0 to 1073741824", "", func(n Number) bool {
	return n.Sign() >= 0 && n.Cmp(Int(1<<30)) <= 0 && n.Floor(Int(1)).Cmp(n) == 0
}}

// flag reads a boolean.
func (o *object) flag(names ...string) bool {
	v, path, ok := o.take(names...)
	if !ok {
		return false
	}
	b, isFlag := v.(bool)
	if !isFlag {
		o.in.refuse(path, kindOf(v), "true or false", "")
	}
	return b
}

func (o *object) kind() Kind {
	switch o.choice(kindWords, nil, "contract_type", "contract", "kind") {
	case "linear":
		return Linear
	case "inverse":
		return Inverse
	}
	return KindOfRulebook
}

// signedSide reads side, or takes it from the sign of a number.
func (o *object) signedSide(size Number) market.Side {
	switch word := o.choice(sideWords, sideSpellings, "side", "position_side", "direction"); {
	case word == "short", word == "" && size.Sign() < 0:
		return market.Short
	case word == "long":
		return market.Long
	}
	return 0
}

func (o *object) liquidated() Liquidated {
	l := Liquidated{
		Given:           true,
		BankruptcyPrice: o.number(above0, "bankruptcy_price", "bankruptcy", "bust"),
		BankruptcyQuote: o.number(not0, "bankruptcy_quote"),
		QuoteBalance:    o.number(anyNumber, "quote_balance", "quote"),
		EntryPrice:      o.number(above0, "entry_price", "entry", "avg_price", "entry_px"),
		Leverage:        o.number(above0, "leverage"),
		Margin:          o.number(anyNumber, "isolated_margin", "position_margin", "margin"),
		Wallet:          o.number(anyNumber, "wallet_balance", "wallet", "balance"),
		MaxFee:          o.number(share, "max_liquidation_fee", "max_fee"),
		ContractSize:    o.number(above0, "contract_size", "ct_val"),
		Kind:            o.kind(),
	}
	size := o.number(not0, "size", "qty", "quantity", "contracts", "position_amt", "szi")
	wrong := len(o.in.errs)
	l.Size, l.Side = sized(size), o.signedSide(size)
	switch {
	case l.BankruptcyQuote.Sign() > 0:
		l.Side = market.Long // it receives cash: it sells
	case l.BankruptcyQuote.Sign() < 0:
		l.Side = market.Short
	case l.Side == 0 && len(o.in.errs) == wrong: // a side that is no word was refused already
		o.in.refuse(o.path+".side", "", "long or short", "a negative size means short as well")
	}
	fills, path := o.list("fill_prices", "fill_price", "fills", "fill")
	for i, v := range fills {
		l.FillPrices = append(l.FillPrices, o.in.number(fmt.Sprintf("%s[%d]", path, i), v, above0))
	}
	o.choice(modeWords, modeSpellings, "margin_mode", "mode", "margin_type") // tells nothing that the margins do not
	return l
}

func (o *object) candidate() Candidate {
	c := Candidate{
		Account:         o.name("account", "id", "user", "name"),
		RankValue:       o.number(anyNumber, "rank_value", "adl_score", "score", "rank"),
		PnL:             o.number(anyNumber, "unrealized_pnl", "upnl", "pnl"),
		Wallet:          o.number(anyNumber, "wallet_balance", "wallet", "isolated_margin", "margin"),
		Maintenance:     o.number(atLeast0, "maintenance_margin", "maint_margin"),
		MarginRatio:     o.number(atLeast0, "margin_ratio"),
		MarginRate:      o.number(fraction, "maintenance_margin_rate", "mmr"),
		Equity:          o.number(anyNumber, "equity", "account_value", "margin_balance"),
		Notional:        o.number(above0, "notional", "position_value"),
		EntryPrice:      o.number(above0, "entry_price", "entry", "avg_price", "entry_px"),
		MarkPrice:       o.number(above0, "mark_price", "mark", "oracle", "oracle_price"),
		MarkValue:       o.number(not0, "mark_value"),
		EntryValue:      o.number(not0, "avg_entry_value", "entry_value"),
		BankruptValue:   o.number(anyNumber, "bankrupt_value"),
		PnLPercent:      o.number(anyNumber, "pnl_percent", "pnl_pct"),
		Leverage:        o.number(above0, "leverage", "effective_leverage", "eff_lev"),
		QuoteBalance:    o.number(anyNumber, "quote_balance", "quote"),
		BankruptcyPrice: o.number(above0, "bankruptcy_price", "bankruptcy"),
	}
	size := o.number(not0, "size", "qty", "quantity", "contracts", "position_amt", "szi")
	c.Size, c.Side = sized(size), o.signedSide(size)
	o.choice(modeWords, modeSpellings, "margin_mode", "mode", "margin_type")
	o.done()
	return c
}

// name reads what an account is called: a string or a number.
func (o *object) name(names ...string) string {
	v, path, ok := o.take(names...)
	if !ok {
		return ""
	}
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	}
	o.in.refuse(path, kindOf(v), "a name or a number", "")
	return ""
}

func (o *object) fund() *Fund {
	f := &Fund{
		Balance:           o.number(anyNumber, "balance", "pool_balance", "fund_now", "balance_usdc", "bal"),
		Floor:             o.number(anyNumber, "floor"),
		Delta:             o.number(anyNumber, "delta", "delta_usdc"),
		Peak:              o.number(above0, "peak", "pool_8h_max_balance", "peak_8h", "max_bal"),
		Average:           o.number(above0, "average", "fund_8h_average", "average_8h"),
		InstrumentPnL:     o.number(anyNumber, "instrument_pnl", "symbol_pnl"),
		InstrumentPeakPnL: o.number(anyNumber, "instrument_peak_pnl", "symbol_8h_max_pnl"),
		Drawdown:          o.number(rate, "drawdown", "insurance_pnl_ratio", "pct"),
		Stop:              o.number(rate, "stop", "adl_stop_ratio"),
		Absolute:          o.number(atLeast0, "absolute", "abs_floor"),
		ThresholdBalance:  o.number(anyNumber, "threshold_balance", "adl_trigger_threshold"),
		AccountValue:      o.number(anyNumber, "account_value", "equity"),
	}
	o.done()
	return f
}
