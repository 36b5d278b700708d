package archive

import (
	"os"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/market/columnar"
)

// Inspection is what a catalog, a folder of venue files or one file holds.
type Inspection struct {
	Path     string            `json:"path"`
	Metadata map[string]string `json:"metadata,omitempty"` // of a catalog
	Series   []Inspected       `json:"series"`
}

// Inspected is one series.
type Inspected struct {
	Name     string   `json:"name"`
	Kind     string   `json:"kind"`
	Interval string   `json:"interval,omitempty"`
	Symbol   string   `json:"symbol"`
	Market   Market   `json:"market,omitempty"` // of venue files
	Columns  []string `json:"columns"`
	Rows     int64    `json:"rows"`
	From     string   `json:"from"`
	To       string   `json:"to"` // of the last row
	Gaps     int      `json:"gaps"`
	Missing  int64    `json:"missing"` // rows in the gaps
	Bytes    int64    `json:"bytes"`
	SHA256   string   `json:"sha256,omitempty"` // of one file; "" for a series of several
}

// Inspect reads a path whole and describes its series.
func Inspect(path string, selection Selection) (*Inspection, error) {
	result := &Inspection{Path: path}
	switch {
	case IsCatalog(path):
		c, err := columnar.OpenDir(path)
		if err != nil {
			return nil, err
		}
		result.Metadata = c.Metadata()
		for _, info := range c.Series() {
			s, err := readSeries(c, info)
			if err != nil {
				return nil, err
			}
			one := describe(s)
			one.Name, one.Bytes, one.SHA256 = info.Path, info.Bytes, info.SHA256
			result.Series = append(result.Series, one)
		}
		return result, nil
	case isColumnar(path):
		s, err := readColumnarFile(path)
		if err != nil {
			return nil, err
		}
		return result, result.addFile(describe(s), path)
	}
	files, _, err := selection.Discover([]string{path})
	if err != nil {
		return nil, err
	}
	all, err := groups(files)
	if err != nil {
		return nil, err
	}
	for _, g := range all {
		t, _, err := g.read(strict)
		if err != nil {
			return nil, err
		}
		one := describe(&series{Key: g.key, table: t, name: g.key.Path(), market: g.files[0].Market})
		if len(g.files) > 1 || g.files[0].Member != "" {
			result.Series = append(result.Series, one)
			continue
		}
		one.Name = g.files[0].Path
		if err := result.addFile(one, g.files[0].Path); err != nil {
			return nil, err
		}
	}
	return result, nil
}

// addFile adds a series that is one file on disk.
func (r *Inspection) addFile(one Inspected, path string) error {
	if path != "-" {
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		if one.SHA256, err = HashFile(path); err != nil {
			return err
		}
		one.Bytes = info.Size()
	}
	r.Series = append(r.Series, one)
	return nil
}

func describe(s *series) Inspected {
	one := Inspected{Name: s.name, Kind: string(s.Kind), Symbol: s.Symbol, Market: s.market, Rows: int64(s.len()), Columns: s.columns()}
	if s.Interval > 0 {
		one.Interval = market.FormatInterval(s.Interval)
	}
	if s.len() == 0 {
		return one
	}
	one.From, one.To = s.time(0).String(), s.time(s.len()-1).String()
	for _, g := range gaps(s.Key, s.table) {
		one.Gaps++
		one.Missing += g.missing
	}
	return one
}

// columns names what the rows hold, as catalogs do.
func (t *table) columns() []string {
	switch {
	case t.funding != nil:
		return []string{"time", "rate", "interval_hours"}
	case t.openInterest != nil:
		return []string{"time", "open_interest", "open_interest_value"}
	case t.depth != nil:
		return []string{"time", "percentage", "depth", "notional"}
	}
	names := []string{"time", "open", "high", "low", "close", "volume"}
	if t.candles.QuoteVolume != nil {
		names = append(names, "quote_volume")
	}
	if t.candles.Trades != nil {
		names = append(names, "trades")
	}
	if t.candles.TakerBuyVolume != nil {
		names = append(names, "taker_buy_volume")
	}
	return names
}
