package archive

import (
	"errors"
	"sort"

	"github.com/liquidation-lab/backtest/pkg/market/columnar"
)

// group is the files of one series in the order of their paths.
type group struct {
	key   columnar.Key
	files []*File
}

// groups sorts files into series. Two markets under one name would be two prices in one series: refused.
func groups(files []*File) ([]group, error) {
	place := map[columnar.Key]int{}
	var all []group
	for _, f := range files {
		i, ok := place[f.Key]
		if !ok {
			i = len(all)
			place[f.Key] = i
			all = append(all, group{key: f.Key})
		}
		if g := all[i].files; len(g) > 0 && g[0].Market != f.Market {
			return nil, requestf("%s (%s) and %s (%s) would both become %s: two markets are never merged; import them into two catalogs",
				g[0].Name(), g[0].Market, f.Name(), f.Market, f.Key.Path())
		}
		all[i].files = append(all[i].files, f)
	}
	order := map[columnar.Kind]int{}
	for i, k := range columnar.Kinds() {
		order[k] = i
	}
	sort.Slice(all, func(i, j int) bool {
		a, b := all[i].key, all[j].key
		if a.Kind != b.Kind {
			return order[a.Kind] < order[b.Kind]
		}
		if a.Interval != b.Interval {
			return a.Interval < b.Interval
		}
		return a.Symbol < b.Symbol
	})
	return all, nil
}

// read parses and merges the files of one series.
func (g *group) read(report report) (t *table, dropped int, err error) {
	var tables []*table
	for i, f := range g.files {
		one, n, err := f.read(int32(i), report)
		dropped += n
		if err != nil {
			if err := collect(report, err); err != nil {
				return nil, dropped, err
			}
			continue
		}
		if one.len() > 0 {
			tables = append(tables, one)
		}
	}
	if len(tables) == 0 {
		return nil, dropped, nil
	}
	t, n, err := merge(tables, g.files, report)
	return t, dropped + n, err
}

func (f *File) read(number int32, report report) (t *table, dropped int, err error) {
	in, err := f.open()
	if err != nil {
		return nil, 0, err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	return parse(in, f, number, report)
}
