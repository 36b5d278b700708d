package archive

import (
	"io"
	"math"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/market/columnar"
)

// parser turns the rows of one file into a table.
type parser struct {
	*rows
	source *File
	table  *table
	number int32 // of the file among those of its series
}

// parse reads one CSV file into a table. Rows ascend; identical repetitions are dropped and counted. What does not fit
// goes to report; the returned error is the report's own, or says that the file cannot be read at all.
func parse(in io.Reader, f *File, number int32, report report) (t *table, dropped int, err error) {
	r, err := openRows(in, f.Name(), report)
	if err != nil {
		return nil, 0, err
	}
	if want := familyOf(f.Kind); want.name != r.family.name {
		return nil, 0, &Error{File: f.Name(), Line: 1, Code: "layout",
			Expected: want.name + " as its path says, this is the header of " + r.family.name,
			Remedy:   "move the file to the folder of its kind"}
	}
	p := &parser{rows: r, source: f, table: &table{}, number: number}
	read := p.kline
	switch f.Kind {
	case columnar.Funding:
		p.table.funding, read = &market.Funding{}, p.fundingRate
	case columnar.OpenInterest:
		p.table.openInterest, read = &market.OpenInterest{}, p.metrics
	case columnar.Depth:
		p.table.depth, read = &market.Depth{}, p.bookDepth
	default:
		p.table.candles = p.newCandles()
	}
	for r.next() {
		if r.layout.has(fieldSymbol) && r.cell(fieldSymbol) != f.Symbol {
			r.fail("symbol", "symbol", r.cell(fieldSymbol), f.Symbol+" as the file's name says", "split the file by symbol")
			continue
		}
		n := p.table.len()
		if read(); r.bad {
			continue
		}
		p.table.origins = append(p.table.origins, origin{p.number, int32(r.line)})
		if n > 0 && p.table.compare(n-1, p.table, n) >= 0 {
			dropped += p.disorder(n)
			p.table.cut(n)
		}
	}
	if r.stop == nil {
		r.stop = p.judge()
	}
	return p.table, dropped, r.stop
}

// disorder tells a repeated row from a conflicting or a reversed one; row n is cut afterwards.
func (p *parser) disorder(n int) (dropped int) {
	t := p.table
	before := "line " + itoa(t.origins[n-1].line)
	if t.compare(n-1, t, n) > 0 {
		p.fail("reversed", p.name(fieldTime), p.cell(fieldTime), "a time after that of "+before+", "+t.time(n-1).String(),
			"sort the file by time")
		return 0
	}
	if column, a, b := t.differ(n-1, t, n); column != "" {
		p.fail("duplicate", column, b, "the value of "+before+" for the same time, "+a, "remove the wrong row")
		return 0
	}
	return 1
}

func (p *parser) newCandles() *market.Candles {
	c := &market.Candles{}
	if p.source.Kind == columnar.Mark || p.source.Kind == columnar.Index && p.source.Market != Spot {
		return c // volume is 0 and count the number of samples
	}
	l := &p.layout
	if l.has(fieldQuoteVolume) || l.has(fieldPriceTimesVolume) || p.source.Market == CoinMargined {
		c.QuoteVolume = []float64{}
	}
	if l.has(fieldTrades) {
		c.Trades = []int64{}
	}
	if l.has(fieldTakerVolume) {
		c.TakerBuyVolume = []float64{}
	}
	return c
}

func (p *parser) kline() {
	t := p.time(fieldTime)
	o, h, l, c := p.price(fieldOpen), p.price(fieldHigh), p.price(fieldLow), p.price(fieldClose)
	if p.bad {
		return
	}
	interval := p.source.Interval
	if t%interval != 0 {
		p.fail("interval", p.name(fieldTime), p.cell(fieldTime), "a multiple of "+market.FormatInterval(interval)+
			", the interval in the file's name", "rename the file if the name is wrong")
	}
	if p.layout.has(fieldCloseTime) {
		if end := p.time(fieldCloseTime); !p.bad && end != t+interval-1 && end != t+interval {
			p.fail("interval", p.name(fieldCloseTime), p.cell(fieldCloseTime), "the end of a bar of "+
				market.FormatInterval(interval)+", the interval in the file's name", "rename the file if the name is wrong")
		}
	}
	switch {
	case h < l:
		p.fail("ohlc", p.name(fieldHigh), p.cell(fieldHigh), "at least the low, "+l.String(), "remove or correct the row")
	case o < l || o > h:
		p.fail("ohlc", p.name(fieldOpen), p.cell(fieldOpen), "a price from low to high, "+l.String()+" to "+h.String(), "remove or correct the row")
	case c < l || c > h:
		p.fail("ohlc", p.name(fieldClose), p.cell(fieldClose), "a price from low to high, "+l.String()+" to "+h.String(), "remove or correct the row")
	}
	v := p.volumes(c, l, h)
	if p.bad {
		return
	}
	k := p.table.candles
	k.Time, k.Open, k.High, k.Low, k.Close = append(k.Time, t), append(k.Open, o), append(k.High, h), append(k.Low, l), append(k.Close, c)
	k.Volume = append(k.Volume, v.base)
	if k.QuoteVolume != nil {
		k.QuoteVolume = append(k.QuoteVolume, v.quote)
	}
	if k.Trades != nil {
		k.Trades = append(k.Trades, p.count(fieldTrades))
	}
	if k.TakerBuyVolume != nil {
		k.TakerBuyVolume = append(k.TakerBuyVolume, v.takerBase)
	}
}

type volumes struct{ base, quote, takerBase float64 }

// volumes reads a bar's volumes in base and quote. Coin-margined ones are contracts of a fixed number of dollars, so
// base is contracts*size/price, where price is, from the truest down: what the archive's own base column says, the
// average price of the bar's contracts, its close.
func (p *parser) volumes(last, low, high market.Price) (v volumes) {
	has := p.layout.has
	v.base = p.amount(fieldVolume)
	if has(fieldTrades) {
		p.count(fieldTrades)
	}
	if has(fieldTakerVolume) {
		v.takerBase = p.amount(fieldTakerVolume)
	}
	sum := 0.0
	switch {
	case has(fieldQuoteVolume):
		v.quote = p.amount(fieldQuoteVolume)
	case has(fieldPriceTimesVolume):
		sum = p.amount(fieldPriceTimesVolume)
		v.quote = sum
	}
	if p.bad || p.source.Market != CoinMargined || p.source.Kind != columnar.Candles {
		return v
	}
	contracts, taker := v.base, v.takerBase
	dollars := float64(contracts * p.source.ContractSize)
	price := market.Float(last)
	switch {
	case has(fieldQuoteVolume) && v.quote > 0:
		price = dollars / v.quote // the archive's "quote" volume of a coin-margined contract is in base
	case sum > 0:
		price = sum / contracts
	}
	// One part in a hundred: averages and rounded columns lie that near to the bar's range.
	if contracts > 0 && (price < market.Float(low)*0.99 || price > market.Float(high)*1.01) {
		p.fail("contract_size", p.name(fieldVolume), p.cell(fieldVolume),
			"a volume in contracts of "+ftoa(p.source.ContractSize)+" USD: the bar's volumes imply a price of "+ftoa(price)+
				" outside of "+low.String()+" to "+high.String(), "state the size with --contract-size "+p.source.Symbol+"=USD")
	}
	v.quote = dollars
	v.base = dollars / price
	v.takerBase = float64(taker*p.source.ContractSize) / price
	return v
}

func (p *parser) fundingRate() {
	t, rate, hours := p.time(fieldTime), fixed[market.Rate](p.rows, fieldRate), p.count(fieldIntervalHours)
	if !p.bad && (hours < 1 || hours > 24) {
		p.fail("funding_interval", p.name(fieldIntervalHours), p.cell(fieldIntervalHours), "1 to 24 hours", "")
	}
	if p.bad {
		return
	}
	f := p.table.funding
	f.Time, f.Rate, f.IntervalHours = append(f.Time, t), append(f.Rate, rate), append(f.IntervalHours, int32(hours))
}

func (p *parser) metrics() {
	t := p.time(fieldTime)
	size, value := fixed[market.Qty](p.rows, fieldOpenInterest), p.quoteRounded(fieldOpenInterestValue)
	if !p.bad && (size < 0 || value < 0) {
		p.fail("number", p.name(fieldOpenInterest), p.cell(fieldOpenInterest), "an open interest of at least 0", "")
	}
	if p.bad {
		return
	}
	o := p.table.openInterest
	o.Time, o.Size, o.Value = append(o.Time, t), append(o.Size, size), append(o.Value, value)
}

// quoteRounded reads a statistic in quote that archives print with more than eight decimals; it is the only fixed-point
// column that is rounded, to the nearest 1e-8.
func (p *parser) quoteRounded(f field) market.Quote {
	if v, err := market.Parse[market.Quote](p.cell(f)); err == nil {
		return v
	}
	x := p.amount(f) * market.Scale
	if !p.bad && x >= 1<<63 {
		p.fail("number", p.name(f), p.cell(f), "a value below 92233720368", "")
	}
	if p.bad {
		return 0
	}
	return market.Quote(math.Round(x))
}

func (p *parser) bookDepth() {
	t := p.time(fieldTime)
	percentage, size, notional := p.rows.number(fieldPercentage), p.amount(fieldDepth), p.amount(fieldNotional)
	if !p.bad && (percentage == 0 || math.Abs(percentage) > 100) {
		p.fail("number", p.name(fieldPercentage), p.cell(fieldPercentage), "a percentage from -100 to 100 other than 0", "")
	}
	if p.bad {
		return
	}
	d := p.table.depth
	d.Time, d.Percentage, d.Size, d.Notional = append(d.Time, t), append(d.Percentage, percentage), append(d.Size, size), append(d.Notional, notional)
}

// judge looks at the file as a whole: rows under the wrong name.
func (p *parser) judge() error {
	c := p.table.candles
	if p.table.len() == 0 {
		return p.report(&Error{File: p.file, Code: "empty", Expected: "at least one row that can be read", Remedy: "leave the file out"})
	}
	if c == nil {
		return nil
	}
	if p.unit == 1000 && p.source.assumed {
		return p.report(&Error{File: p.file, Code: "market", Expected: "milliseconds, as Binance's futures archives have; " +
			"microseconds are those of its spot archive", Remedy: "say which it is with --market spot or --market um"})
	}
	step := market.Time(0)
	for i := 1; i < c.Len(); i++ {
		step = gcd(step, c.Time[i]-c.Time[i-1])
	}
	if c.Len() >= 10 && step > p.source.Interval {
		return p.report(&Error{File: p.file, Code: "interval", Value: market.FormatInterval(p.source.Interval),
			Expected: "the interval of the rows, which are " + market.FormatInterval(step) + " apart", Remedy: "rename the file"})
	}
	if p.source.Kind != columnar.Candles || c.Trades == nil || c.Len() < 10 {
		return nil
	}
	for i, v := range c.Volume {
		if v != 0 || c.Trades[i] == 0 {
			return nil
		}
	}
	return p.report(&Error{File: p.file, Code: "kind", Expected: "traded volume: a volume of 0 with a count in every row is a mark price",
		Remedy: "put the file into a folder named markPriceKlines"})
}

func gcd(a, b market.Time) market.Time {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
