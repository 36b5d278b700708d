package columnar

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// Kind is the place of a series in a catalog.
type Kind string

// The kinds of series.
const (
	Candles      Kind = "candles"       // last price
	Mark         Kind = "mark"          // mark price, same columns as candles
	Index        Kind = "index"         // index price, same columns as candles
	Funding      Kind = "funding"       // settled funding rates
	OpenInterest Kind = "open_interest" // open interest at the end of each bar
	Depth        Kind = "depth"         // cumulative resting size by distance from mid
)

// Kinds returns all kinds in the order in which a catalog lists them.
func Kinds() []Kind { return []Kind{Candles, Mark, Index, Funding, OpenInterest, Depth} }

// HasCandles reports whether series of the kind hold bars, and so have an interval.
func (k Kind) HasCandles() bool { return k == Candles || k == Mark || k == Index }

// Key names one series of a catalog.
type Key struct {
	Kind     Kind
	Interval market.Interval // 0 for funding, open interest and depth
	Symbol   string
}

// Path returns the slash-separated place of the series under the catalog's root: candles/1m/BTCUSDT.parquet,
// funding/BTCUSDT.parquet.
func (k Key) Path() string {
	if k.Kind.HasCandles() {
		return string(k.Kind) + "/" + market.FormatInterval(k.Interval) + "/" + k.Symbol + ".parquet"
	}
	return string(k.Kind) + "/" + k.Symbol + ".parquet"
}

// check refuses keys that name no series or whose path would leave the catalog.
func (k Key) check() error {
	if !slices.Contains(Kinds(), k.Kind) {
		return fmt.Errorf("series kind %q is unknown: expected one of %v", k.Kind, Kinds())
	}
	if len(k.Symbol) > 64 || strings.Trim(k.Symbol, ".-_") == "" || strings.ContainsFunc(k.Symbol, notInSymbol) {
		return fmt.Errorf("symbol %q: expected at most 64 letters, digits, '-', '_' or '.', such as BTCUSDT", k.Symbol)
	}
	if !k.Kind.HasCandles() {
		if k.Interval != 0 {
			return fmt.Errorf("%s %s has interval %s: expected none", k.Kind, k.Symbol, market.FormatInterval(k.Interval))
		}
		return nil
	}
	if d, ok := market.ParseInterval(market.FormatInterval(k.Interval)); !ok || d != k.Interval {
		return fmt.Errorf("%s %s has interval %d ms: expected whole seconds, such as 1s, 1m or 1h", k.Kind, k.Symbol, k.Interval)
	}
	return nil
}

func notInSymbol(r rune) bool {
	return !(r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' || r == '_' || r == '.')
}

// compareKeys orders by kind (as Kinds lists them), interval, symbol.
func compareKeys(a, b Key) int {
	kinds := Kinds()
	return cmp.Or(cmp.Compare(slices.Index(kinds, a.Kind), slices.Index(kinds, b.Kind)),
		cmp.Compare(a.Interval, b.Interval), strings.Compare(a.Symbol, b.Symbol))
}
