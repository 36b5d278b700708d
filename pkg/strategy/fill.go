package strategy

// Fill says how a stop is filled once its trigger was reached.
type Fill uint8

// The ways to fill a stop.
const (
	// FillMarket sells at market: at the last price of that moment with slippage, at the open of a gap.
	FillMarket Fill = iota
	// FillLimit sends a limit order. Where the market is beyond its price already it rests, and the position stays open
	// until the price comes back.
	FillLimit
	// FillGuaranteed fills at the trigger, whatever happened: no venue of perpetuals offers it. It shows what slippage
	// and gaps cost.
	FillGuaranteed
)

var fillNames = [...]string{"market", "limit", "guaranteed"}

// String prints "market", "limit" or "guaranteed".
func (f Fill) String() string { return fillNames[f%3] }

// ParseFill reads what String prints; ok is false for anything else.
func ParseFill(s string) (f Fill, ok bool) {
	for i, name := range fillNames {
		if s == name {
			return Fill(i), true
		}
	}
	return 0, false
}
