package columnar

import (
	"errors"
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// CandleReader streams bars in batches. Next fills dst (which it resets first, so that memory is reused) with the next
// batch of at most RowGroupRows bars and returns io.EOF at the end; any other error is final and leaves dst empty.
type CandleReader interface {
	Next(dst *market.Candles) error
	Close() error
}

// The places of the candle columns in candleColumns.
const (
	candleTime = iota
	candleOpen
	candleHigh
	candleLow
	candleClose
	candleVolume
	candleQuoteVolume
	candleTrades
	candleTakerBuyVolume
)

var candleColumns = []wanted{
	{name: "time", typ: Time}, {name: "open", typ: Float64}, {name: "high", typ: Float64}, {name: "low", typ: Float64},
	{name: "close", typ: Float64}, {name: "volume", typ: Float64}, {name: "quote_volume", typ: Float64, optional: true},
	{name: "trades", typ: Int64, optional: true}, {name: "taker_buy_volume", typ: Float64, optional: true},
}

// candleFile reads and validates bars from any columns.
type candleFile struct {
	name   string
	from   columns
	ints   []int64
	floats []float64
	last   market.Time // of the previous batch
	err    error       // final
}

func newCandleFile(name string, from columns) *candleFile {
	return &candleFile{name: name, from: from, last: math.MinInt64}
}

// Next implements CandleReader.
func (r *candleFile) Next(dst *market.Candles) error {
	dst.Reset()
	if r.err != nil {
		return r.err
	}
	if r.err = r.read(dst); r.err != nil {
		dst.Reset()
	}
	return r.err
}

// Close implements CandleReader.
func (r *candleFile) Close() error {
	if r.err == nil {
		r.err = fileError(r.name, errors.New("is closed"))
	}
	return r.from.close()
}

func (r *candleFile) read(dst *market.Candles) error {
	n, err := r.from.next()
	if err != nil {
		return err
	}
	r.ints, r.floats = resize(r.ints, n), resize(r.floats, n)
	if err := r.from.int64s(candleTime, r.ints); err != nil {
		return err
	}
	dst.Time = resize(dst.Time, n)
	if i := ascending(dst.Time, r.ints, r.last); i >= 0 {
		before := r.last
		if i > 0 {
			before = market.Time(r.ints[i-1])
		}
		return r.finding(candleTime, i, fmt.Errorf("%v does not come after %v: expected ascending times without repetition; sort and deduplicate the rows",
			market.Time(r.ints[i]), before))
	}
	r.last = dst.Time[n-1]
	for column, prices := range map4(dst) {
		if err := r.from.float64s(column, r.floats); err != nil {
			return err
		}
		*prices = resize(*prices, n)
		if i, err := positivePrices(*prices, r.floats); err != nil {
			return r.finding(column, i, err)
		}
	}
	if i, err := checkBars(dst.Open, dst.High, dst.Low, dst.Close); err != nil {
		return r.finding(-1, i, err)
	}
	return r.readVolumes(dst, n)
}

// map4 yields the four price columns by their place, in order.
func map4(c *market.Candles) func(func(int, *[]market.Price) bool) {
	return func(yield func(int, *[]market.Price) bool) {
		_ = yield(candleOpen, &c.Open) && yield(candleHigh, &c.High) && yield(candleLow, &c.Low) && yield(candleClose, &c.Close)
	}
}

func (r *candleFile) readVolumes(dst *market.Candles, n int) error {
	for _, v := range []struct {
		column int
		dst    *[]float64
	}{{candleVolume, &dst.Volume}, {candleQuoteVolume, &dst.QuoteVolume}, {candleTakerBuyVolume, &dst.TakerBuyVolume}} {
		if !r.from.has(v.column) {
			*v.dst = nil
			continue
		}
		*v.dst = resize(*v.dst, n)
		if err := r.from.float64s(v.column, *v.dst); err != nil {
			return err
		}
		if i := notAmount(*v.dst); i >= 0 {
			return r.finding(v.column, i, fmt.Errorf("%v: expected a finite amount of at least 0; correct or drop the row", (*v.dst)[i]))
		}
	}
	if !r.from.has(candleTrades) {
		dst.Trades = nil
		return nil
	}
	dst.Trades = resize(dst.Trades, n)
	if err := r.from.int64s(candleTrades, dst.Trades); err != nil {
		return err
	}
	if i := slices.IndexFunc(dst.Trades, func(v int64) bool { return v < 0 }); i >= 0 {
		return r.finding(candleTrades, i, fmt.Errorf("%d: expected a count of at least 0; correct or drop the row", dst.Trades[i]))
	}
	return nil
}

// finding places err at a row of the batch; column is -1 for none.
func (r *candleFile) finding(column, i int, err error) error {
	e := &Error{File: r.name, RowGroup: r.from.group(), Row: r.from.firstRow() + int64(i), Err: err}
	if column >= 0 {
		e.Column = candleColumns[column].name
	}
	return e
}

// resize returns s with length n, reusing its memory; what it holds is left as it is.
func resize[T any](s []T, n int) []T { return slices.Grow(s[:0], n)[:n] }

// ascending copies src to dst and returns the index of the first time that does not come after the one before, the
// first of them after last; -1 when there is none.
func ascending(dst []market.Time, src []int64, last market.Time) int {
	for i, v := range src {
		if t := market.Time(v); t > last {
			dst[i], last = t, t
			continue
		}
		return i
	}
	return -1
}

// exactBelow bounds the units for which one division proves a conversion: up to 2^52 the quotients by 1e8 of different
// integers are different floats.
const exactBelow = 1 << 52

// positivePrices converts src exactly, as market.FromFloat does, and returns the first index that holds no positive
// price of at most eight decimals.
func positivePrices(dst []market.Price, src []float64) (int, error) {
	dst = dst[:len(src)]
	for i, x := range src {
		// NaN and infinities convert to values that fail the comparison.
		v := int64(float64(x*market.Scale) + 0.5)
		if uint64(v-1) < exactBelow && float64(v)/market.Scale == x {
			dst[i] = market.Price(v)
			continue
		}
		p, err := market.FromFloat[market.Price](x)
		if err == nil && p <= 0 {
			err = fmt.Errorf("%v is no positive price", x)
		}
		if err != nil {
			return i, fmt.Errorf("%w: expected a positive price of at most 8 decimals; correct or drop the row", err)
		}
		dst[i] = p
	}
	return -1, nil
}

// checkBars returns the first bar whose low and high do not enclose its open and close.
func checkBars(open, high, low, closes []market.Price) (int, error) {
	high, low, closes = high[:len(open)], low[:len(open)], closes[:len(open)]
	for i, o := range open {
		h, l, c := high[i], low[i], closes[i]
		if l <= min(o, c) && max(o, c) <= h {
			continue
		}
		if h < l {
			return i, fmt.Errorf("high %v is below low %v: expected low <= open, close <= high; correct or drop the row", h, l)
		}
		return i, fmt.Errorf("open %v or close %v is outside of low %v to high %v: expected low <= open, close <= high; correct or drop the row",
			o, c, l, h)
	}
	return -1, nil
}

// notAmount returns the index of the first value that is negative or not finite, or -1.
func notAmount(values []float64) int {
	for i, v := range values {
		if !(v >= 0 && v <= math.MaxFloat64) {
			return i
		}
	}
	return -1
}

// expecting compares what a series of a catalog delivers with its manifest entry.
type expecting struct {
	CandleReader
	name string
	info SeriesInfo
	rows int64
	last market.Time
}

// Next implements CandleReader.
func (r *expecting) Next(dst *market.Candles) error {
	err := r.CandleReader.Next(dst)
	if err == io.EOF && (r.rows != r.info.Rows || r.last != r.info.To) {
		return fileError(r.name, manifestMismatch(r.rows, r.info, r.last))
	}
	if err != nil {
		return err
	}
	if r.rows == 0 && dst.Time[0] != r.info.From {
		dst.Reset()
		return fileError(r.name, fmt.Errorf("does not begin at %v, as the manifest says: the catalog is damaged; re-import it", r.info.From))
	}
	r.rows += int64(dst.Len())
	r.last = dst.Time[dst.Len()-1]
	return nil
}

func manifestMismatch(rows int64, info SeriesInfo, last market.Time) error {
	return fmt.Errorf("delivered %d rows up to %v, the manifest says %d up to %v: the catalog is damaged; re-import it",
		rows, last, info.Rows, info.To)
}
