package report

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/liquidation-lab/backtest/pkg/replay"
)

// Names of the run directory's copy of the file that the crowd is taken from.
const (
	positionsCSV     = "positions.csv"
	positionsParquet = "positions.parquet"
)

// Positions is the file that the crowd is taken from. It is an input of the run: the run directory keeps its bytes, and
// nothing else is read when the run is carried out again.
type Positions struct {
	Name string // as the scenario has it
	Data []byte
}

// file is the name of the copy.
func (p *Positions) file() string {
	if strings.EqualFold(filepath.Ext(p.Name), ".parquet") {
		return positionsParquet
	}
	return positionsCSV
}

// Held parses the file that the crowd is taken from; nil where it comes from none.
func (in Inputs) Held() (*replay.PositionList, error) {
	if in.Positions == nil {
		return nil, nil
	}
	return replay.ParsePositions(in.Positions.Name, in.Positions.Data)
}

// Positions reads the run's file of positions, nil where its crowd comes from none. Its hash is checked by CheckFiles.
func (f *Finished) Positions() (*Positions, error) {
	m := f.Manifest.Positions
	if m == nil {
		return nil, nil
	}
	p := &Positions{Name: m.Name}
	var err error
	p.Data, err = os.ReadFile(filepath.Join(f.Dir, p.file()))
	return p, err
}
