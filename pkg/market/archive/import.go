package archive

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/market/columnar"
)

// ImportOptions says what to import and where to.
type ImportOptions struct {
	Selection
	Sources          []string // files and folders
	Out              string   // the catalog's directory; must not exist
	Title            string   // for the catalog's metadata; optional
	RefuseCoinMargin bool     // coin-margined klines are an error instead of being converted to base
	Progress         func(done, total int, series string)
}

// Imported is a series as it was written.
type Imported struct {
	columnar.Key
	Market  Market
	Files   int
	Rows    int64
	From    market.Time
	To      market.Time // of the last row
	Dropped int         // identical repetitions
	Gaps    int
	Missing int64 // rows that the gaps would hold
}

// ImportReport is what an import did.
type ImportReport struct {
	Series []Imported
	Passed []string // files that are no CSV or zip
	Notes  []string // what was converted, dropped or left open
}

// Import reads venue files and writes a catalog, which appears whole or not at all. The bytes of the catalog depend on
// the files and options alone.
func Import(ctx context.Context, o ImportOptions) (*ImportReport, error) {
	files, passed, err := o.Discover(o.Sources)
	if err != nil {
		return nil, err
	}
	all, err := groups(files)
	if err != nil {
		return nil, err
	}
	result := &ImportReport{Passed: passed}
	meta, err := o.metadata(all, result)
	if err != nil {
		return nil, err
	}
	w, err := columnar.Create(o.Out, meta)
	if err != nil {
		return nil, &RequestError{err}
	}
	defer w.Abort()
	for i := range all {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		g := &all[i]
		if o.Progress != nil {
			o.Progress(i, len(all), g.key.Path())
		}
		t, dropped, err := g.read(strict)
		if err != nil {
			return nil, err
		}
		if err := write(w, g.key, t); err != nil {
			return nil, err
		}
		result.add(g, t, dropped)
	}
	return result, w.Commit()
}

func write(w *columnar.Writer, k columnar.Key, t *table) error {
	switch {
	case t.candles != nil:
		return w.Candles(k, t.candles)
	case t.funding != nil:
		return w.Funding(k.Symbol, t.funding)
	case t.openInterest != nil:
		return w.OpenInterest(k.Symbol, t.openInterest)
	}
	return w.Depth(k.Symbol, t.depth)
}

func (r *ImportReport) add(g *group, t *table, dropped int) {
	s := Imported{Key: g.key, Market: g.files[0].Market, Files: len(g.files), Rows: int64(t.len()), Dropped: dropped,
		From: t.time(0), To: t.time(t.len() - 1)}
	for _, gap := range gaps(g.key, t) {
		s.Gaps++
		s.Missing += gap.missing
	}
	if dropped > 0 {
		r.Notes = append(r.Notes, fmt.Sprintf("%s: %d identical repeated rows dropped", g.key.Path(), dropped))
	}
	r.Series = append(r.Series, s)
}

// metadata describes the import for the manifest; it names no path of the machine and no time of day.
func (o *ImportOptions) metadata(all []group, result *ImportReport) (map[string]string, error) {
	meta := map[string]string{"provenance": "imported"}
	if o.Title != "" {
		meta["title"] = o.Title
	}
	h, count := sha256.New(), 0
	for _, g := range all {
		for _, f := range g.files {
			sum, err := HashFile(f.Path)
			if err != nil {
				return nil, &RequestError{err}
			}
			fmt.Fprintf(h, "%s %s %s\n", sum, filepath.Base(f.Path), f.Member)
			count++
		}
		first := g.files[0]
		switch {
		case first.Market == CoinMargined && first.Kind == columnar.Candles:
			if o.RefuseCoinMargin {
				return nil, requestf("%s: volume is in contracts of %s USD; expected base volumes; leave the file out, or convert it with --coin-margined convert",
					first.Name(), ftoa(first.ContractSize))
			}
			meta["contract_size_usd."+g.key.Symbol] = ftoa(first.ContractSize)
		case first.Kind == columnar.OpenInterest:
			meta["open_interest_time"] = "open of the bar at whose end it was taken, as published"
		case first.Market == Spot:
			meta["spot"] = "spot trades, kept as an index under their own symbols"
		}
	}
	for key := range meta {
		if strings.HasPrefix(key, "contract_size_usd.") {
			meta["coin_margined_volume"] = coinMarginedRule
			result.Notes = append(result.Notes, "coin-margined volumes converted: "+coinMarginedRule)
			break
		}
	}
	meta["source_files"] = itoa(count)
	meta["source_sha256"] = hex.EncodeToString(h.Sum(nil))
	return meta, nil
}

// coinMarginedRule is written into catalogs.
const coinMarginedRule = "volume = contracts * contract_size_usd / price, in base; quote_volume = contracts * contract_size_usd; " +
	"price is the bar's average by contracts, or its close where the file has no such column"
