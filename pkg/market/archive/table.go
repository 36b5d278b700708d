package archive

import (
	"fmt"
	"math"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// table is the columns of one file or series, ascending in time, with the file and line each row came from.
type table struct {
	candles      *market.Candles
	funding      *market.Funding
	openInterest *market.OpenInterest
	depth        *market.Depth

	origins []origin
}

// origin is where a row was read: an index into the series' files and a line.
type origin struct{ file, line int32 }

func (t *table) len() int { return len(t.origins) }

// time returns the time of row i.
func (t *table) time(i int) market.Time {
	switch {
	case t.candles != nil:
		return t.candles.Time[i]
	case t.funding != nil:
		return t.funding.Time[i]
	case t.openInterest != nil:
		return t.openInterest.Time[i]
	}
	return t.depth.Time[i]
}

// compare orders rows by time and, in depth, percentage.
func (t *table) compare(i int, o *table, j int) int {
	a, b := t.time(i), o.time(j)
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	case t.depth == nil:
		return 0
	}
	p, q := t.depth.Percentage[i], o.depth.Percentage[j]
	switch {
	case p < q:
		return -1
	case p > q:
		return 1
	}
	return 0
}

// differ compares two rows of one time on all columns that both have; it returns the first that differs, or "".
func (t *table) differ(i int, o *table, j int) (column, a, b string) {
	check := func(name string, x, y any) {
		if column == "" && x != y {
			column, a, b = name, fmt.Sprint(x), fmt.Sprint(y)
		}
	}
	switch {
	case t.candles != nil:
		c, d := t.candles, o.candles
		check("open", c.Open[i], d.Open[j])
		check("high", c.High[i], d.High[j])
		check("low", c.Low[i], d.Low[j])
		check("close", c.Close[i], d.Close[j])
		if !closeTo(c.Volume[i], d.Volume[j]) {
			check("volume", c.Volume[i], d.Volume[j])
		}
		if c.Trades != nil && d.Trades != nil {
			check("trades", c.Trades[i], d.Trades[j])
		}
	case t.funding != nil:
		check("rate", t.funding.Rate[i], o.funding.Rate[j])
		check("interval_hours", t.funding.IntervalHours[i], o.funding.IntervalHours[j])
	case t.openInterest != nil:
		check("open_interest", t.openInterest.Size[i], o.openInterest.Size[j])
		check("open_interest_value", t.openInterest.Value[i], o.openInterest.Value[j])
	default:
		check("depth", t.depth.Size[i], o.depth.Size[j])
		check("notional", t.depth.Notional[i], o.depth.Notional[j])
	}
	return column, a, b
}

// closeTo allows what summing the same trades in another order changes.
func closeTo(a, b float64) bool { return math.Abs(a-b) <= 1e-9*math.Max(math.Abs(a), math.Abs(b)) }

// like returns an empty table for the same kind of rows with the optional columns that both t and o have.
func (t *table) like(o *table) *table {
	n := &table{}
	switch {
	case t.candles != nil:
		n.candles = &market.Candles{}
		if t.candles.QuoteVolume != nil && o.candles.QuoteVolume != nil {
			n.candles.QuoteVolume = []float64{}
		}
		if t.candles.Trades != nil && o.candles.Trades != nil {
			n.candles.Trades = []int64{}
		}
		if t.candles.TakerBuyVolume != nil && o.candles.TakerBuyVolume != nil {
			n.candles.TakerBuyVolume = []float64{}
		}
	case t.funding != nil:
		n.funding = &market.Funding{}
	case t.openInterest != nil:
		n.openInterest = &market.OpenInterest{}
	default:
		n.depth = &market.Depth{}
	}
	return n
}

// add appends rows [i, j) of o.
func (t *table) add(o *table, i, j int) {
	t.origins = append(t.origins, o.origins[i:j]...)
	switch {
	case t.candles != nil:
		c, d := t.candles, o.candles
		c.Time = append(c.Time, d.Time[i:j]...)
		c.Open = append(c.Open, d.Open[i:j]...)
		c.High = append(c.High, d.High[i:j]...)
		c.Low = append(c.Low, d.Low[i:j]...)
		c.Close = append(c.Close, d.Close[i:j]...)
		c.Volume = append(c.Volume, d.Volume[i:j]...)
		if c.QuoteVolume != nil {
			c.QuoteVolume = append(c.QuoteVolume, d.QuoteVolume[i:j]...)
		}
		if c.Trades != nil {
			c.Trades = append(c.Trades, d.Trades[i:j]...)
		}
		if c.TakerBuyVolume != nil {
			c.TakerBuyVolume = append(c.TakerBuyVolume, d.TakerBuyVolume[i:j]...)
		}
	case t.funding != nil:
		f, g := t.funding, o.funding
		f.Time = append(f.Time, g.Time[i:j]...)
		f.Rate = append(f.Rate, g.Rate[i:j]...)
		f.IntervalHours = append(f.IntervalHours, g.IntervalHours[i:j]...)
	case t.openInterest != nil:
		f, g := t.openInterest, o.openInterest
		f.Time = append(f.Time, g.Time[i:j]...)
		f.Size = append(f.Size, g.Size[i:j]...)
		f.Value = append(f.Value, g.Value[i:j]...)
	default:
		f, g := t.depth, o.depth
		f.Time = append(f.Time, g.Time[i:j]...)
		f.Percentage = append(f.Percentage, g.Percentage[i:j]...)
		f.Size = append(f.Size, g.Size[i:j]...)
		f.Notional = append(f.Notional, g.Notional[i:j]...)
	}
}

// cut keeps the first n rows.
func (t *table) cut(n int) {
	t.origins = t.origins[:n]
	switch {
	case t.candles != nil:
		c := t.candles
		c.Time, c.Open, c.High, c.Low, c.Close, c.Volume = c.Time[:n], c.Open[:n], c.High[:n], c.Low[:n], c.Close[:n], c.Volume[:n]
		if c.QuoteVolume != nil {
			c.QuoteVolume = c.QuoteVolume[:n]
		}
		if c.Trades != nil {
			c.Trades = c.Trades[:n]
		}
		if c.TakerBuyVolume != nil {
			c.TakerBuyVolume = c.TakerBuyVolume[:n]
		}
	case t.funding != nil:
		f := t.funding
		f.Time, f.Rate, f.IntervalHours = f.Time[:n], f.Rate[:n], f.IntervalHours[:n]
	case t.openInterest != nil:
		f := t.openInterest
		f.Time, f.Size, f.Value = f.Time[:n], f.Size[:n], f.Value[:n]
	default:
		f := t.depth
		f.Time, f.Percentage, f.Size, f.Notional = f.Time[:n], f.Percentage[:n], f.Size[:n], f.Notional[:n]
	}
}
