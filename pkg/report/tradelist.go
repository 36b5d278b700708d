package report

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/liquidation-lab/backtest/pkg/strategy"
)

// TradesFile is the run directory's copy of the trade list that the entries are taken from.
const TradesFile = "trades.csv"

// TradeList is the file that entries of kind list are taken from. It is an input of the run: the run directory keeps its
// bytes, and nothing else is read when the run is carried out again.
type TradeList struct {
	Name string // as the scenario has it
	CSV  []byte
}

func (l *TradeList) hash() string {
	sum := sha256.Sum256(l.CSV)
	return hex.EncodeToString(sum[:])
}

// Registry returns the built-in rules, with the trade list of these inputs as the only file that they can open.
func (in Inputs) Registry() *strategy.Registry {
	r := strategy.NewRegistry()
	r.Open = func(name string) (io.ReadCloser, error) {
		if in.TradeList == nil || in.TradeList.Name != name {
			return nil, fmt.Errorf("%q is not among the inputs of the run; expected the file of probes.entries", name)
		}
		return io.NopCloser(bytes.NewReader(in.TradeList.CSV)), nil
	}
	return r
}

// TradeList reads the run's trade list, nil where its entries come from none. Its hash is checked by CheckFiles.
func (f *Finished) TradeList() (*TradeList, error) {
	l := f.Manifest.TradeList
	if l == nil {
		return nil, nil
	}
	text, err := os.ReadFile(filepath.Join(f.Dir, TradesFile))
	if err != nil {
		return nil, err
	}
	return &TradeList{Name: l.Name, CSV: text}, nil
}
