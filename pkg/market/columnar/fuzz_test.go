package columnar

import (
	"bytes"
	"testing"

	"github.com/apache/arrow/go/v17/arrow/ipc"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// FuzzParquet reads any bytes as bars and as a table: an error, or bars that pass the checks of bars.
func FuzzParquet(f *testing.F) {
	f.Add(fileOf(f, walk(30, 3)))
	var out bytes.Buffer
	table, err := NewTable(&out, allTypes(), nil)
	must(f, err)
	must(f, table.AppendRow(int64(1), nil, int32(2), nil, 3.5, nil, "x", nil, market.Time(4), nil, int64(5), nil, market.Int128Of(6), nil))
	must(f, table.Close())
	f.Add(out.Bytes())
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<16 {
			return
		}
		if got, err := parquetCandles(data, smallBudget); err == nil {
			checkValid(t, "fuzzed", got)
		}
		_, _, _ = readBack(data) // must return
	})
}

// FuzzIPC reads any bytes as an Arrow IPC file and as a stream.
func FuzzIPC(f *testing.F) {
	f.Add(arrowFile(f, walk(31, 3), 2))
	f.Add(arrowStream(f, walk(32, 3), 2))
	f.Add(arrowStream(f, walk(33, 3), 3, ipc.WithZstd()))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<16 {
			return
		}
		if got, err := ipcFileCandles(data, smallBudget); err == nil {
			checkValid(t, "fuzzed", got)
		}
		if got, err := ipcStreamCandles(data, smallBudget); err == nil {
			checkValid(t, "fuzzed", got)
		}
	})
}
