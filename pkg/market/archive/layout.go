package archive

import (
	"strconv"
	"strings"

	"github.com/liquidation-lab/backtest/pkg/market/columnar"
)

// field is what a column means, whatever a venue calls it.
type field uint8

const (
	fieldIgnored field = iota
	fieldTime
	fieldOpen
	fieldHigh
	fieldLow
	fieldClose
	fieldVolume
	fieldCloseTime
	fieldQuoteVolume
	fieldTrades
	fieldTakerVolume
	fieldTakerQuote
	fieldPriceTimesVolume // the sum of price times volume, whatever the unit of volume
	fieldIntervalHours
	fieldRate
	fieldSymbol
	fieldOpenInterest
	fieldOpenInterestValue
	fieldPercentage
	fieldDepth
	fieldNotional
	fieldCount // the number of fields
)

// layout is the place of each field in a row, -1 when absent.
type layout struct {
	names  []string
	place  [fieldCount]int
	header bool
}

var klineFields = map[string]field{
	"open_time": fieldTime, "timestamp": fieldTime, "open": fieldOpen, "high": fieldHigh, "low": fieldLow,
	"close": fieldClose, "volume": fieldVolume, "close_time": fieldCloseTime, "quote_volume": fieldQuoteVolume,
	"quote_asset_volume": fieldQuoteVolume, "notional_px_x_amount": fieldPriceTimesVolume, "count": fieldTrades,
	"number_of_trades": fieldTrades, "trades": fieldTrades, "taker_buy_volume": fieldTakerVolume,
	"taker_buy_base_volume": fieldTakerVolume, "taker_buy_base_asset_volume": fieldTakerVolume,
	"taker_buy_quote_volume": fieldTakerQuote, "taker_buy_quote_asset_volume": fieldTakerQuote, "ignore": fieldIgnored,
}

var fundingFields = map[string]field{
	"calc_time": fieldTime, "funding_time": fieldTime, "funding_interval_hours": fieldIntervalHours,
	"last_funding_rate": fieldRate, "funding_rate": fieldRate, "symbol": fieldSymbol,
}

var metricsFields = map[string]field{
	"create_time": fieldTime, "time_utc": fieldTime, "symbol": fieldSymbol, "sum_open_interest": fieldOpenInterest,
	"sum_open_interest_value": fieldOpenInterestValue, "count_toptrader_long_short_ratio": fieldIgnored,
	"sum_toptrader_long_short_ratio": fieldIgnored, "count_long_short_ratio": fieldIgnored,
	"sum_taker_long_short_vol_ratio": fieldIgnored, "ratio1": fieldIgnored, "ratio2": fieldIgnored,
	"ratio3": fieldIgnored, "ratio4": fieldIgnored,
}

var depthFields = map[string]field{
	"timestamp": fieldTime, "percentage": fieldPercentage, "depth": fieldDepth, "notional": fieldNotional,
	"weighted_avg_price": fieldIgnored,
}

// headerless is the layout of the archive's klines, the only one that is published without a header.
var headerless = []string{"open_time", "open", "high", "low", "close", "volume", "close_time", "quote_volume", "count",
	"taker_buy_volume", "taker_buy_quote_volume", "ignore"}

// family is a group of layouts that hold the same kind of series.
type family struct {
	name     string
	fields   map[string]field
	required []field
}

var (
	klineFamily = family{"klines", klineFields,
		[]field{fieldTime, fieldOpen, fieldHigh, fieldLow, fieldClose, fieldVolume}}
	fundingFamily = family{"funding rates", fundingFields, []field{fieldTime, fieldIntervalHours, fieldRate}}
	metricsFamily = family{"open-interest metrics", metricsFields,
		[]field{fieldTime, fieldOpenInterest, fieldOpenInterestValue}}
	depthFamily = family{"book depth", depthFields, []field{fieldTime, fieldPercentage, fieldDepth, fieldNotional}}
)

func families() []family { return []family{klineFamily, fundingFamily, metricsFamily, depthFamily} }

// familyOf returns the layouts that a kind of series is published in.
func familyOf(kind columnar.Kind) family {
	switch kind {
	case columnar.Funding:
		return fundingFamily
	case columnar.OpenInterest:
		return metricsFamily
	case columnar.Depth:
		return depthFamily
	}
	return klineFamily
}

// readLayout recognizes the first row of a file. A row whose first cell is a number is no header, and then only the
// twelve columns of the archive's klines are accepted.
func readLayout(file string, row []string) (layout, family, *Error) {
	if _, err := strconv.ParseInt(strings.TrimSpace(row[0]), 10, 64); err == nil {
		if len(row) != len(headerless) {
			return layout{}, family{}, &Error{File: file, Line: 1, Value: strings.Join(row, ","), Code: "layout",
				Expected: "a header, or the 12 columns of the archive's klines (this row has " + strconv.Itoa(len(row)) + ")",
				Remedy:   "add a header line, docs/DATA.md lists the layouts"}
		}
		l, _ := klineFamily.bind(headerless)
		return l, klineFamily, nil
	}
	var best *Error
	for _, f := range families() {
		l, miss := f.bind(row)
		if miss == nil {
			l.header = true
			return l, f, nil
		}
		if best == nil || miss.Line > best.Line {
			best = miss // Line counts the columns that fit, until the finding is placed below
		}
	}
	best.File, best.Line, best.Code = file, 1, "layout"
	best.Remedy = "docs/DATA.md lists the layouts that are read"
	return layout{}, family{}, best
}

// bind finds the place of every field, or says what does not fit, with the number of columns that did in Line.
func (f family) bind(names []string) (layout, *Error) {
	l := layout{names: make([]string, len(names))}
	for i := range l.place {
		l.place[i] = -1
	}
	fitting := 0
	var miss *Error
	for i, name := range names {
		name = strings.ToLower(strings.TrimSpace(strings.TrimPrefix(name, "\ufeff")))
		l.names[i] = name
		meaning, ok := f.fields[name]
		switch {
		case !ok:
			if miss == nil {
				miss = &Error{Column: strconv.Itoa(i + 1), Value: name, Expected: "a column of " + f.name}
			}
			continue
		case meaning != fieldIgnored && l.place[meaning] >= 0:
			miss = &Error{Column: name, Expected: "each column once, this one repeats column " + strconv.Itoa(l.place[meaning]+1)}
		}
		fitting++
		l.place[meaning] = i
	}
	for _, r := range f.required {
		if miss == nil && l.place[r] < 0 {
			miss = &Error{Value: strings.Join(names, ","), Expected: "a " + f.nameOf(r) + " column for " + f.name}
		}
	}
	if miss != nil {
		miss.Line = fitting
		return layout{}, miss
	}
	return l, nil
}

// nameOf returns the shortest name of a field, the first of them by alphabet.
func (f family) nameOf(want field) string {
	name := ""
	for n, meaning := range f.fields {
		if meaning == want && (name == "" || len(n) < len(name) || len(n) == len(name) && n < name) {
			name = n
		}
	}
	return name
}

func (l *layout) has(f field) bool { return l.place[f] >= 0 }
