package archive

import (
	"path"
	"path/filepath"
	"strings"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/market/columnar"
)

// Market is where a series was traded.
type Market string

// The markets that the importer tells apart.
const (
	USDMargined  Market = "um"   // linear perpetuals, size in base
	CoinMargined Market = "cm"   // inverse perpetuals, size in contracts of a fixed number of US dollars
	Spot         Market = "spot" // no leverage; imported as an index
)

// label is what a path says about a file; empty fields are not said.
type label struct {
	market   Market
	kind     columnar.Kind
	interval market.Interval
	symbol   string
	refused  string // what the path says it is, when that cannot be imported
}

// kindNames are the folders of the venues' archives, in lower case.
var kindNames = map[string]columnar.Kind{
	"klines": columnar.Candles, "candles": columnar.Candles,
	"markpriceklines": columnar.Mark, "indexpriceklines": columnar.Index,
	"fundingrate": columnar.Funding, "metrics": columnar.OpenInterest, "bookdepth": columnar.Depth,
}

var refusedNames = map[string]string{
	"premiumindexklines": "premium index klines (a ratio, not a price)",
	"aggtrades":          "aggregate trades", "trades": "trades", "bookticker": "book tickers",
	"liquidationsnapshot": "liquidation snapshots",
}

// readLabel reads market and kind from the folders, symbol, interval and (for want of a folder) kind from the name.
// name is the file's own name without .zip and .csv; folders is the rest of its path.
func readLabel(file string) label {
	var l label
	file = filepath.ToSlash(file)
	for _, folder := range strings.Split(path.Dir(file), "/") {
		folder = strings.ToLower(folder)
		for _, m := range []Market{USDMargined, CoinMargined, Spot} {
			if folder == string(m) || strings.HasSuffix(folder, "-"+string(m)) {
				l.market = m
			}
		}
		if k, ok := kindNames[folder]; ok {
			l.kind = k
		}
		if r, ok := refusedNames[folder]; ok {
			l.refused = r
		}
	}
	l.readName(stem(file))
	return l
}

// readName reads SYMBOL-1m[-date], SYMBOL-fundingRate[-date], SYMBOL-metrics[-date] and SYMBOL-bookDepth[-date]; a
// symbol may hold dashes itself.
func (l *label) readName(name string) {
	tokens := strings.Split(name, "-")
	for i, token := range tokens {
		if i == 0 {
			continue
		}
		kind, isKind := kindNames[strings.ToLower(token)]
		refused, isRefused := refusedNames[strings.ToLower(token)]
		interval, isInterval := market.ParseInterval(token)
		if !isKind && !isInterval && !isRefused {
			continue
		}
		l.symbol = strings.Join(tokens[:i], "-")
		l.interval = interval
		if isRefused {
			l.refused = refused
		}
		if isKind && l.kind == "" {
			l.kind = kind
		}
		break
	}
	if l.market == "" {
		l.market = marketOf(l.symbol)
	}
}

// marketOf tells the market by the form of a symbol alone: BTCUSD_PERP and BTCUSD_251226 are coin-margined, AAVE-USD is
// spot. BTCUSDT may be either a perpetual or spot and stays open.
func marketOf(symbol string) Market {
	switch before, after, ok := strings.Cut(symbol, "_"); {
	case ok && (after == "PERP" || allDigits(after)) && strings.HasSuffix(before, "USD"):
		return CoinMargined
	case strings.Contains(symbol, "-"):
		return Spot
	}
	return ""
}

func allDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// stem is the file's name without its folders and endings.
func stem(file string) string {
	name := path.Base(filepath.ToSlash(file))
	for _, ending := range []string{".zip", ".csv"} {
		if strings.HasSuffix(strings.ToLower(name), ending) {
			name = name[:len(name)-len(ending)]
		}
	}
	return name
}
