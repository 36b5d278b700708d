package market

// Side is the direction of a position or of an order: +1 long or buy, -1 short or sell.
type Side int8

// The two sides.
const (
	Long  Side = 1
	Short Side = -1
)

// SideOf returns the side of a signed size; a zero size counts as long.
func SideOf(q Qty) Side {
	if q < 0 {
		return Short
	}
	return Long
}

// String prints "long" or "short".
func (s Side) String() string {
	if s < 0 {
		return "short"
	}
	return "long"
}

// ParseSide reads "long" or "short"; ok is false for anything else.
func ParseSide(s string) (side Side, ok bool) {
	switch s {
	case "long":
		return Long, true
	case "short":
		return Short, true
	}
	return 0, false
}

// InstrumentID is an instrument's place in a run's list, which is ordered by symbol.
type InstrumentID int16

// Instrument is one linear perpetual: one contract is one unit of base, settled in quote.
type Instrument struct {
	Symbol string // as the venue writes it: "BTCUSDT"
	Base   string // "BTC"
	Quote  string // "USDT"
	Tick   Price  // smallest step of a price
	Lot    Qty    // smallest step of a size
}
