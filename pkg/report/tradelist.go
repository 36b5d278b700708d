package report

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/liquidation-lab/backtest/pkg/market/columnar"
	"github.com/liquidation-lab/backtest/pkg/strategy"
	"github.com/liquidation-lab/backtest/pkg/strategy/script"
)

// TradesFile is the run directory's copy of the trade list that the entries are taken from; a list in Parquet or JSON has
// the ending of its kind instead.
const TradesFile = "trades.csv"

// tradesFiles are the names that the copy may have.
var tradesFiles = []string{TradesFile, "trades.parquet", "trades.json"}

// TradeList is the file that entries of kind list are taken from. It is an input of the run: the run directory keeps its
// bytes, and nothing else is read when the run is carried out again.
type TradeList struct {
	Name string // as the scenario has it
	Data []byte // CSV, JSON or Parquet
}

// file is the name of the copy.
func (l *TradeList) file() string {
	switch {
	case columnar.IsParquet(l.Data):
		return tradesFiles[1]
	case strategy.IsJSON(l.Data):
		return tradesFiles[2]
	}
	return TradesFile
}

func (l *TradeList) hash() string { return hash(l.Data) }

func hash(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// text returns the list as ParseTradeList reads it: a Parquet file as the table that it holds.
func (l *TradeList) text() ([]byte, error) {
	if !columnar.IsParquet(l.Data) {
		return l.Data, nil
	}
	return columnar.CSVOfParquet(l.Name, l.Data)
}

// Script is a Starlark file that a part of the scenario is made of. Like the trade list it is kept with the run.
type Script struct {
	Name   string // as the scenario has it
	Source []byte
}

// scriptFile is the name of the copy of script number i.
func scriptFile(i int) string { return fmt.Sprintf("script-%d.star", i+1) }

// Registry returns the built-in rules and scripts, with the trade list and the scripts of these inputs as the only files
// that they can open.
func (in Inputs) Registry() *strategy.Registry {
	r := script.NewRegistry()
	r.Open = func(name string) (io.ReadCloser, error) {
		if l := in.TradeList; l != nil && l.Name == name {
			text, err := l.text()
			return io.NopCloser(bytes.NewReader(text)), err
		}
		for _, s := range in.Scripts {
			if s.Name == name {
				return io.NopCloser(bytes.NewReader(s.Source)), nil
			}
		}
		return nil, fmt.Errorf("%q is not among the inputs of the run; expected the file of probes.entries or of a script", name)
	}
	return r
}

// TradeList reads the run's trade list, nil where its entries come from none. Its hash is checked by CheckFiles.
func (f *Finished) TradeList() (*TradeList, error) {
	l := f.Manifest.TradeList
	if l == nil {
		return nil, nil
	}
	text, err := os.ReadFile(filepath.Join(f.Dir, filepath.Base(l.File)))
	if err != nil {
		return nil, err
	}
	return &TradeList{Name: l.Name, Data: text}, nil
}

// Scripts reads the run's scripts. Their hashes are checked by CheckFiles.
func (f *Finished) Scripts() ([]Script, error) {
	var all []Script
	for _, s := range f.Manifest.Scripts {
		source, err := os.ReadFile(filepath.Join(f.Dir, filepath.Base(s.File)))
		if err != nil {
			return nil, err
		}
		all = append(all, Script{Name: s.Name, Source: source})
	}
	return all, nil
}
