package synth

import (
	"github.com/liquidation-lab/backtest/pkg/market"
)

// Schema is the value of `schema` in a file of control points.
const Schema = "backtest/points/v1"

// Points is a file of control points, checked and ready to be built.
type Points struct {
	Name        string
	Title       string
	Description string
	From, To    market.Time // whole minutes; To is exclusive, but a point may stand there as the bridge's end
	Seed        uint64
	SHA256      string            // of the file, in hex
	Sources     map[string]string // citations by the key that points use
	Model       Model
	Instruments []Instrument // by symbol
}

// Model is what the reconstruction assumes of all instruments.
type Model struct {
	CommonShare  Level              // share of the variance that all instruments have in common, in [0, 1]; no time
	Volatility   []Level            // standard deviation of a one-minute log return of an instrument of multiple 1
	MarkHalfLife Level              // seconds after which half of a move of the last price is in the mark price; no time
	DepthBid     []Level            // share of the ordinary depth below mid
	DepthAsk     []Level            // share of the ordinary depth above mid
	Funding      map[string][]Level // settled rates by the name that instruments use
	OpenInterest map[string][]Level // shares of an instrument's open interest by the name that instruments use
}

// Statement says where a number comes from.
type Statement struct{ Source, Quality, Note string }

// Level is a value at a moment; between moments values are interpolated linearly, outside of them the nearest holds.
type Level struct {
	Time  market.Time
	Value float64
	Statement
}

// Kind says what a price point fixes.
type Kind string

// The kinds of price points.
const (
	Quote Kind = "quote" // the price traded in that very second
	Open  Kind = "open"  // the first price of the minute
	Low   Kind = "low"   // the exact low of a window, and a value that is not undercut elsewhere without a point
	High  Kind = "high"  // the exact high of a window, and a value that is not exceeded elsewhere without a point
)

// PricePoint is a published price.
type PricePoint struct {
	Time   market.Time     // of a quote or an open; the start of the window of a low or a high
	Within market.Interval // length of the window of a low or a high
	At     market.Time     // the second at which the path takes the price
	Price  market.Price
	Kind   Kind
	Venue  string
	Statement
	place place // in the file, for errors
}

// Instrument is one perpetual and what is known of it.
type Instrument struct {
	Symbol       string
	Tick         market.Price
	Volatility   Level // multiple of the model's profile; no time
	Volume       Level // base traded in an ordinary minute; no time
	Prices       []PricePoint
	Mark         []PricePoint // lows of the mark price only
	Funding      string       // name of the model's rates
	OpenInterest OpenInterest
	Depth        []DepthLevel
}

// OpenInterest is an instrument's open interest: a size, and the name of the model's shares that it follows.
type OpenInterest struct {
	Size market.Qty
	Path string
	Statement
}

// DepthLevel is the ordinary notional resting within a percentage of mid, on each side.
type DepthLevel struct {
	Percentage float64
	Notional   float64
	Statement
}

// at interpolates levels at a moment.
func at(levels []Level, t market.Time) float64 {
	if t <= levels[0].Time {
		return levels[0].Value
	}
	for i := 1; i < len(levels); i++ {
		a, b := levels[i-1], levels[i]
		if t < b.Time {
			f := float64(t-a.Time) / float64(b.Time-a.Time)
			return a.Value + float64(float64(b.Value-a.Value)*f)
		}
	}
	return levels[len(levels)-1].Value
}
