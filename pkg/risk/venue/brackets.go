package venue

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// The layouts of leverage tables that Import reads.
const (
	LayoutCCXT    = "ccxt or freqtrade leverage tiers"
	LayoutBinance = "Binance leverageBracket"
)

// unbounded stands for a cap that a table leaves open, or gives as 2^63: it is near the end of the number range.
const unbounded = market.Quote(90_000_000_000 * market.Scale)

// bracketFields are the keys of one row in a layout, by the keys of a rulebook's row.
type bracketFields struct{ floor, cap, leverage, rate, amount string }

var bracketKeys = map[string]bracketFields{
	LayoutCCXT:    {"minNotional", "maxNotional", "maxLeverage", "maintenanceMarginRate", "info.cum"},
	LayoutBinance: {"notionalFloor", "notionalCap", "initialLeverage", "maintMarginRatio", "cum"},
}

func (f *bracketFields) of(field string) string {
	return map[string]string{"floor": f.floor, "cap": f.cap, "leverage": f.leverage, "rate": f.rate, "amount": f.amount}[field]
}

// bracketTable is the table of one contract in a file.
type bracketTable struct {
	symbol string // BTCUSDT
	tiers  []Tier
}

// bracketReader collects tables and everything that is wrong with them.
type bracketReader struct {
	layout   string
	keys     bracketFields
	whole    bool // amounts are not looked at: the rulebook's tiers apply to the whole position
	tables   []bracketTable
	seen     map[string]string // symbol -> path of its table
	findings []string
	coin     []string // contracts left out, settled in their own coin
	rounded  int
	adjusted []string // symbols with a notionalCoef
}

func (r *bracketReader) find(path, format string, args ...any) {
	r.findings = append(r.findings, place(path)+fmt.Sprintf(format, args...))
}

// readBrackets reads a file of leverage tables in whichever layout it is.
func readBrackets(text []byte, whole bool) *bracketReader {
	r := &bracketReader{whole: whole, seen: map[string]string{}}
	root, err := readJSON(text)
	if err != nil {
		r.find("", "%v", err)
		return r
	}
	const expected = `expected an object of lists of tiers by symbol (ccxt's fetch_leverage_tiers, freqtrade's binance_leverage_tiers.json), or objects with symbol and brackets (Binance's /fapi/v1/leverageBracket)`
	switch v := root.(type) {
	case *object:
		if _, ok := v.values["brackets"]; ok {
			r.setLayout(LayoutBinance)
			r.bracketObject("", v)
			break
		}
		r.setLayout(LayoutCCXT)
		for _, symbol := range v.keys {
			rows, ok := v.values[symbol].([]any)
			if !ok {
				r.find(symbol, "%s, %s", kindOf(v.values[symbol]), expected)
				continue
			}
			r.unified(symbol, rows)
		}
	case []any:
		r.setLayout(LayoutBinance)
		for i, e := range v {
			o, ok := e.(*object)
			if !ok || o.values["brackets"] == nil {
				r.find(fmt.Sprintf("[%d]", i), "%s without brackets, %s", kindOf(e), expected)
				continue
			}
			r.bracketObject(fmt.Sprintf("[%d]", i), o)
		}
	default:
		r.find("", "%s, %s", kindOf(root), expected)
		return r
	}
	if len(r.tables) == 0 && len(r.findings) == 0 {
		r.find("", "no table of a linear contract in it, %s", expected)
	}
	return r
}

func (r *bracketReader) setLayout(layout string) { r.layout, r.keys = layout, bracketKeys[layout] }

// unified reads one symbol of ccxt's layout: BASE/QUOTE:SETTLE, of dated futures with -YYMMDD.
func (r *bracketReader) unified(path string, rows []any) {
	base, rest, ok := strings.Cut(path, "/")
	quote, settle, swap := strings.Cut(rest, ":")
	settle, expiry, _ := strings.Cut(settle, "-")
	if !ok || !swap || base == "" || quote == "" || settle == "" {
		r.find(path, "not the symbol of a contract, expected BASE/QUOTE:SETTLE such as BTC/USDT:USDT")
		return
	}
	if settle == base {
		r.coin = append(r.coin, path)
		return
	}
	symbol := base + quote
	if expiry != "" {
		symbol += "_" + expiry
	}
	r.table(symbol, path, path, rows)
}

// bracketObject reads one symbol of Binance's response.
func (r *bracketReader) bracketObject(path string, o *object) {
	symbol, ok := o.values["symbol"].(string)
	if !ok || symbol == "" {
		r.find(join(path, "symbol"), "%s, expected the name of a contract such as BTCUSDT", kindOf(o.values["symbol"]))
		return
	}
	rows, ok := o.values["brackets"].([]any)
	if !ok {
		r.find(join(path, "brackets"), "%s, expected a list of brackets", kindOf(o.values["brackets"]))
		return
	}
	if coef, ok := o.values["notionalCoef"]; ok && kindOf(coef) != "1" && kindOf(coef) != "1.0" {
		r.adjusted = append(r.adjusted, symbol+" "+kindOf(coef))
	}
	r.table(symbol, path, join(path, "brackets"), rows)
}

// table reads the rows of one contract.
func (r *bracketReader) table(symbol, path, rowsPath string, rows []any) {
	if first, twice := r.seen[symbol]; twice {
		r.find(path, "%s has a table at %s already, expected one", symbol, first)
		return
	}
	r.seen[symbol] = rowsPath
	if len(rows) == 0 {
		r.find(rowsPath, "no tiers, expected at least one")
		return
	}
	before := len(r.findings)
	t := bracketTable{symbol: symbol, tiers: make([]Tier, len(rows))}
	var last Tier
	for i, v := range rows {
		at := fmt.Sprintf("%s[%d]", rowsPath, i)
		o, ok := v.(*object)
		if !ok {
			r.find(at, "%s, expected an object with %s, %s, %s and %s", kindOf(v), r.keys.floor, r.keys.cap, r.keys.rate, r.keys.leverage)
			return
		}
		tier, ok := r.row(at, o, i, i == len(rows)-1, last)
		if !ok {
			return // the rows that follow would be compared with nothing
		}
		for _, f := range faults(i, tier, last, r.whole) {
			r.find(at+"."+r.keys.of(f.field), "%s, expected %s", f.got, f.expected)
		}
		t.tiers[i], last = tier, tier
	}
	if len(r.findings) == before {
		r.tables = append(r.tables, t)
	}
}

func (r *bracketReader) row(at string, o *object, i int, isLast bool, last Tier) (t Tier, ok bool) {
	before := len(r.findings)
	t.Floor = market.Quote(r.number(at, o, r.keys.floor, false))
	t.Cap = r.upper(at, o, isLast)
	t.Leverage = market.Rate(r.number(at, o, r.keys.leverage, false))
	t.MaxLeverage = int(t.Leverage / market.Scale)
	t.MaintenanceMarginRate = market.Rate(r.number(at, o, r.keys.rate, true))
	if len(r.findings) > before {
		return t, false
	}
	if amount, given := lookUp(o, r.keys.amount); given && !r.whole {
		t.MaintenanceAmount = market.Quote(r.value(at+"."+r.keys.amount, amount, false))
		return t, len(r.findings) == before
	}
	t.MaintenanceAmount, _ = amountOf(i, t, last, r.whole) // an overflow is among the faults
	return t, true
}

// upper reads a cap. The last one may be absent, null, or beyond the number range: unbounded.
func (r *bracketReader) upper(at string, o *object, isLast bool) market.Quote {
	v, given := lookUp(o, r.keys.cap)
	if isLast && (!given || v == nil) {
		return unbounded
	}
	if d, err := decimalOf(v); isLast && err == nil && d.GreaterThan(decimal.New(int64(unbounded), -market.Decimals)) {
		return unbounded
	}
	return market.Quote(r.number(at, o, r.keys.cap, false))
}

// number reads a key that has to be there.
func (r *bracketReader) number(at string, o *object, key string, rounds bool) int64 {
	v, given := lookUp(o, key)
	if !given {
		r.find(at+"."+key, "missing, expected a number")
		return 0
	}
	return r.value(at+"."+key, v, rounds)
}

// value reads a number, or a number in quotes, in units of 1e-8. Where it rounds, more decimals are rounded to the nearest and
// counted; elsewhere they are a finding.
func (r *bracketReader) value(path string, v any, rounds bool) int64 {
	d, err := decimalOf(v)
	if err != nil {
		r.find(path, "%s, expected a number such as 0.0065", kindOf(v))
		return 0
	}
	if exact := d.Round(market.Decimals); rounds && !exact.Equal(d) {
		d = exact
		r.rounded++
	}
	x, err := market.FromDecimal[market.Quote](d)
	if err != nil || x < 0 {
		r.find(path, "%s, expected a number of at least 0 with at most 8 decimals, below 92233720368", kindOf(v))
		return 0
	}
	return int64(x)
}

// decimalOf reads a JSON number or a string with one. Exponents are bounded, because a decimal with a large one fills the memory
// when it is written out.
func decimalOf(v any) (decimal.Decimal, error) {
	text := ""
	switch v := v.(type) {
	case json.Number:
		text = v.String()
	case string:
		text = v
	default:
		return decimal.Decimal{}, fmt.Errorf("%s is no number", kindOf(v))
	}
	d, err := decimal.NewFromString(text)
	if err == nil && (len(text) > 40 || d.Exponent() > 40 || d.Exponent() < -60) {
		err = fmt.Errorf("%.60q is out of range", text)
	}
	return d, err
}

// lookUp returns the value at a path of two keys at most, such as info.cum.
func lookUp(o *object, key string) (any, bool) {
	if outer, inner, nested := strings.Cut(key, "."); nested {
		below, ok := o.values[outer].(*object)
		if !ok {
			return nil, false
		}
		v, ok := below.values[inner]
		return v, ok
	}
	v, ok := o.values[key]
	return v, ok
}
