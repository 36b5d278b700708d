package market

// Candles are bars as columns of one length, ascending in Time without repetition. Optional columns are nil when the
// source lacks them.
type Candles struct {
	Time   []Time // the bar's open
	Open   []Price
	High   []Price
	Low    []Price
	Close  []Price
	Volume []float64 // base

	QuoteVolume    []float64 // quote; optional
	Trades         []int64   // optional
	TakerBuyVolume []float64 // base; optional
}

// Len returns the number of bars.
func (c *Candles) Len() int { return len(c.Time) }

// Reset empties the columns and keeps their memory.
func (c *Candles) Reset() {
	c.Time, c.Open, c.High, c.Low, c.Close = c.Time[:0], c.Open[:0], c.High[:0], c.Low[:0], c.Close[:0]
	c.Volume, c.QuoteVolume, c.Trades, c.TakerBuyVolume = c.Volume[:0], c.QuoteVolume[:0], c.Trades[:0], c.TakerBuyVolume[:0]
}

// Funding holds funding settlements as columns, ascending in Time. A positive rate means longs pay shorts.
type Funding struct {
	Time          []Time
	Rate          []Rate // per interval, as settled
	IntervalHours []int32
}

// Len returns the number of settlements.
func (f *Funding) Len() int { return len(f.Time) }

// OpenInterest holds open interest as columns, ascending in Time; a row describes the end of its bar.
type OpenInterest struct {
	Time  []Time
	Size  []Qty   // base
	Value []Quote // quote
}

// Len returns the number of rows.
func (o *OpenInterest) Len() int { return len(o.Time) }

// Depth holds cumulative resting size within a percentage of the mid price, ascending in Time and, within one time,
// in Percentage. Negative percentages are the bid side.
type Depth struct {
	Time       []Time
	Percentage []float64 // -5 means down to five percent below mid
	Size       []float64 // base
	Notional   []float64 // quote
}

// Len returns the number of rows.
func (d *Depth) Len() int { return len(d.Time) }
