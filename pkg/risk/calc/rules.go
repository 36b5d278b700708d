package calc

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk/venue"
)

// band is one line of maintenance margin: value * rate - amount for positions whose measure is within (floor, cap).
type band struct {
	floor, cap   Number // cap absent: no end
	rate, amount Number
	maxLeverage  Number // absent: not known
}

// rules are a rulebook's, resolved for one position with what the position overrides.
type rules struct {
	contract *venue.Contract // nil where the rulebook does not know the symbol and has no default
	bands    []band
	margin   venue.MarginRules
	fee      venue.FeeBasis
	feeRate  Number
	initial  Number // initial margin rate that the size or the open interest asks for; absent: leverage alone decides
	inverse  bool
	face     Number     // contract size
	tick     Number     // the rulebook's
	foreign  bool       // an inverse contract of a rulebook that has only its linear one
	growing  *SizeTable // rates that grow with the size
	tiered   bool       // bands come from a table, not from a single line
}

// resolve finds the rules of a position. note collects what the user should know of them.
func resolve(book *venue.Rulebook, p *Position, path string, note func(string, ...any)) (*rules, error) {
	r := &rules{margin: book.Margin, face: p.ContractSize.Or(Int(1))}
	contract, err := book.Contract(p.Symbol)
	if err == nil {
		r.contract, r.margin, r.tick = contract, contract.Margin, FromFixed(contract.Instrument.Tick)
		if contract.Fallback && p.Symbol != "" && !p.MaintenanceMarginRate.Given() && !p.Table.given() {
			note("%s.symbol: %s does not know %q; its default contract stands for it", path, book.ID, p.Symbol)
		}
	}
	r.kind(p)
	if p.Kind == KindOfRulebook && !r.inverse && CoinSettled(book, p.Symbol) {
		r.inverse = true
		note("%s.contract_type: not given, taken as inverse: %s settles in USDT, and %s is quoted in USD", path, book.ID, p.Symbol)
	}
	r.foreign = r.inverse && (contract == nil || contract.Kind != venue.Inverse)
	r.fee, r.feeRate = r.margin.Fee(p.Cross), FromFixed(book.Taker)
	if r.inverse && p.Cross && r.margin.AtEntry {
		// Bybit help, liquidation price of inverse contracts in cross margin: (1+fee)*Q/(value+balance-MM), MM of the entry value.
		r.fee = venue.FeeAtMark
	}
	if p.FeeRate.Given() {
		r.feeRate = p.FeeRate
	}
	if err := r.lines(p, path, contract); err != nil {
		return nil, err
	}
	if !p.MaintenanceMarginRate.Given() && !p.Table.given() && !r.foreign {
		r.beyond(p, path, contract, note)
	}
	return r, nil
}

// beyond notes what the venue's table would not have allowed.
func (r *rules) beyond(p *Position, path string, contract *venue.Contract, note func(string, ...any)) {
	measure := r.measure(p)
	if highest := r.bandAt(measure).maxLeverage; highest.Given() && p.Leverage.Cmp(highest) > 0 {
		note("%s.leverage: %s is more than the %s of the tier", path, p.Leverage, highest)
	}
	if n := len(contract.Tiers); n > 0 && measure.Cmp(FromFixed(contract.Tiers[n-1].Cap)) > 0 {
		note("%s.size: %s is beyond the last tier, which ends at %s; its line is continued", path, measure, FromFixed(contract.Tiers[n-1].Cap))
	}
}

func (t *Table) given() bool { return len(t.Rows) > 0 || t.Size != nil || t.RiskLimit != nil }

// lines chooses the bands: the position's own line, its own table, or the rulebook's.
func (r *rules) lines(p *Position, path string, contract *venue.Contract) error {
	switch {
	case p.Table.Size != nil:
		r.sized(p.Table.Size, p.Size)
	case p.Table.RiskLimit != nil:
		initial, maintenance := p.Table.RiskLimit.Rates(r.value(p, p.EntryPrice))
		r.initial, r.bands = initial, []band{{rate: maintenance}}
	case len(p.Table.Rows) > 0:
		r.bands, r.tiered = rowBands(p.Table.Rows, r.margin.Whole), true
	case (contract == nil || r.foreign) && !p.MaintenanceMarginRate.Given():
		return &InputError{Path: path + ".symbol", Value: strconv.Quote(p.Symbol), Expected: r.kindName() + " tiers of it in the rulebook",
			Remedy: "give maintenance_margin_rate or tiers beside it, or name a rulebook that has it"}
	case contract == nil || r.foreign:
	case r.margin.Linear:
		s := &contract.SizeMargin
		r.sized(&SizeTable{FromRate(s.Initial), FromRate(s.Maintenance), FromRate(s.Slope)}, p.Size)
	default:
		rows := make([]Row, len(contract.Tiers))
		for i, t := range contract.Tiers {
			rows[i] = Row{Floor: FromFixed(t.Floor), Cap: FromFixed(t.Cap), Rate: FromRate(t.MaintenanceMarginRate), MaxLeverage: FromFixed(t.Leverage)}
		}
		r.bands, r.tiered = rowBands(rows, r.margin.Whole), true
	}
	if t := p.Interest; t != nil {
		r.initial = InterestRate(t.Base, t.Lower, t.Upper, p.OpenInterest)
	} else if contract != nil && r.margin.InterestScale && !r.initial.Given() {
		m := contract.InterestMargin
		r.initial = InterestRate(FromRate(m.Base), FromFixed(m.Lower), FromFixed(m.Upper), p.OpenInterest)
	}
	if p.MaintenanceMarginRate.Given() || p.MaintenanceAmount.Given() {
		line := band{rate: p.MaintenanceMarginRate, amount: p.MaintenanceAmount.Or(Int(0))}
		if len(r.bands) > 0 {
			at := r.bandAt(r.measure(p))
			line.maxLeverage = at.maxLeverage
			line.rate = line.rate.Or(at.rate)
		}
		r.bands, r.tiered, r.growing = []band{line}, false, nil
	}
	return nil
}

// sized sets the rates that grow with the size.
func (r *rules) sized(t *SizeTable, size Number) {
	grown := t.Slope.Mul(size).Mul(r.face)
	r.growing, r.initial = t, t.Initial.Add(grown).Min(Int(1))
	r.bands = []band{{rate: t.Maintenance.Add(grown).Min(Int(1)), maxLeverage: Int(1).Div(r.initial).Floor(Int(1))}}
}

// rowBands completes rows: rates from leverages, amounts from rates.
func rowBands(rows []Row, whole bool) []band {
	list := make([]band, len(rows))
	for i, row := range rows {
		b := band{floor: row.Floor, cap: row.Cap, rate: row.Rate, amount: row.Amount, maxLeverage: row.MaxLeverage}
		if !b.rate.Given() {
			b.rate = Int(1).Div(row.MaxLeverage.Times(2))
		}
		if i > 0 {
			if !b.floor.Given() {
				b.floor = list[i-1].cap
			}
			if !list[i-1].cap.Given() {
				list[i-1].cap = b.floor
			}
			if !b.amount.Given() && !whole {
				b.amount = AmountOf(b.floor, b.rate, list[i-1].rate, list[i-1].amount)
			}
		}
		list[i] = b
	}
	list[len(list)-1].cap = Number{}
	return list
}

// bandAt returns the band of a measure; above the last cap the last one.
func (r *rules) bandAt(measure Number) *band {
	return &r.bands[r.tierAt(measure)]
}

func (r *rules) tierAt(measure Number) int {
	for i := range r.bands {
		b := &r.bands[i]
		if !b.cap.Given() || measure.Cmp(b.cap) < 0 || r.margin.CapInclusive && measure.Cmp(b.cap) == 0 {
			return i
		}
	}
	return len(r.bands) - 1
}

// measure returns what selects the tier at mark.
func (r *rules) measure(p *Position) Number {
	switch {
	case r.margin.BySize:
		return p.Size.Mul(r.face)
	case r.margin.ByEntry:
		return r.value(p, p.EntryPrice)
	}
	return r.value(p, p.MarkPrice)
}

// value returns a position's notional at a price, in the currency in which it settles.
func (r *rules) value(p *Position, price Number) Number {
	return p.Size.Mul(r.face).Mul(r.coordinate(price))
}

// coordinate turns a price into x and x into a price.
func (r *rules) coordinate(price Number) Number {
	if r.inverse {
		return Int(1).Div(price)
	}
	return price
}

// kind settles whether the contract is inverse and how large it is.
func (r *rules) kind(p *Position) {
	r.inverse = p.Kind == Inverse || p.Kind == KindOfRulebook && r.contract != nil && r.contract.Kind == venue.Inverse
	if r.inverse && !p.ContractSize.Given() && r.contract != nil && r.contract.Kind == venue.Inverse {
		r.face = FromFixed(r.contract.ContractSize)
	}
}

// quotedInUSD is how contracts that settle in their coin are named: BTCUSD, BTCUSD_PERP, BTCUSD_251226, BTC-USD-SWAP, BTC/USD:BTC.
var quotedInUSD = regexp.MustCompile(`(?i)^[A-Z0-9]+[-_]?USD([-_](PERP|SWAP|PERPETUAL|[0-9]{6}))?$|^[A-Z0-9]+/USD(:[A-Z0-9]+)?$`)

// CoinSettled reports whether a symbol means an inverse contract on a venue whose linear ones settle in USDT.
func CoinSettled(book *venue.Rulebook, symbol string) bool {
	return book.Settlement == "USDT" && quotedInUSD.MatchString(symbol) && !strings.Contains(symbol, ":USD")
}

func (r *rules) kindName() string {
	if r.inverse {
		return "inverse"
	}
	return "linear"
}

// InterestRate returns the initial margin rate that open interest (notional at mark) asks for: min(1, base + max(0,
// (oi - lower) / (upper - lower)) * (1 - base)) (dYdX v4, x/perpetuals liquidity tiers). An upper of 0 does not scale.
func InterestRate(base, lower, upper, openInterest Number) Number {
	if upper.Cmp(lower) <= 0 {
		return base
	}
	share := openInterest.Sub(lower).Div(upper.Sub(lower)).Max(Int(0))
	return base.Add(share.Mul(Int(1).Sub(base))).Min(Int(1))
}

// side prints a sign as venues do.
func side(sign int) string { return market.Side(sign).String() }

// InputError is a mistake in what was asked for: where, the value, what was expected, and what helps.
type InputError struct{ Path, Value, Expected, Remedy string }

func (e *InputError) Error() string {
	text := e.Path + " is missing"
	if e.Value != "" {
		text = fmt.Sprintf("%s is %s", e.Path, e.Value)
	}
	text += "; expected " + e.Expected
	if e.Remedy != "" {
		text += "; " + e.Remedy
	}
	return text
}
