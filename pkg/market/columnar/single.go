package columnar

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// ReadCandles streams bars from one file outside of a catalog: Parquet (.parquet), an Arrow IPC file (.arrow, .feather)
// or stream (.arrows), or with "-" an Arrow IPC stream on standard input. Columns are those of a catalog; others are
// ignored. No hash protects such a file.
func ReadCandles(path string) (CandleReader, error) {
	if path == "-" {
		return ReadCandleStream(os.Stdin, "standard input")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	r, err := readCandles(f, path)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return r, nil
}

// Labels returns the key-value pairs of the Parquet file that a reader of ReadCandles reads, such as "provenance"; those of
// a series that was taken out of a catalog are the catalog's metadata. Nil for other formats and readers.
func Labels(r CandleReader) map[string]string {
	candles, ok := r.(*candleFile)
	if !ok {
		return nil
	}
	f, ok := candles.from.(*parquetFile)
	if !ok {
		return nil
	}
	pairs := f.pq.MetaData().KeyValueMetadata()
	labels := map[string]string{}
	for i, key := range pairs.Keys() {
		if key != columnsKey {
			labels[key] = pairs.Values()[i]
		}
	}
	return labels
}

func readCandles(f *os.File, path string) (CandleReader, error) {
	stat, err := f.Stat()
	if err != nil {
		return nil, err
	}
	src := source{ReaderAtSeeker: f, name: path, size: stat.Size(), Closer: f}
	switch ext := filepath.Ext(path); ext {
	case ".parquet":
		return candlesOfParquet(src, defaultBudget)
	case ".arrow", ".feather":
		return candlesOfIPCFile(src, defaultBudget)
	case ".arrows":
		return candlesOfIPC(bufio.NewReaderSize(f, 256<<10), f, path, defaultBudget)
	default:
		return nil, fmt.Errorf("%s: extension %q: expected .parquet, .arrow, .feather or .arrows", path, ext)
	}
}

// ReadCandleStream streams bars from an Arrow IPC stream; name stands for it in errors. Closing the reader does not
// close r.
func ReadCandleStream(r io.Reader, name string) (CandleReader, error) {
	return candlesOfIPC(bufio.NewReaderSize(r, 256<<10), nil, name, defaultBudget)
}

func candlesOfParquet(src source, budgetBytes int) (CandleReader, error) {
	f, err := openParquet(src, budgetBytes)
	if err != nil {
		return nil, err
	}
	if err := f.bind(candleColumns); err != nil {
		return nil, err
	}
	return newCandleFile(src.name, f), nil
}

func candlesOfIPC(r io.Reader, closer io.Closer, name string, budgetBytes int) (CandleReader, error) {
	f, err := openIPC(r, closer, name, candleColumns, budgetBytes)
	if err != nil {
		return nil, err
	}
	return newCandleFile(name, f), nil
}

// candlesOfIPCFile reads an Arrow IPC file by its footer, once the footer's places and sizes are checked.
func candlesOfIPCFile(src source, budgetBytes int) (CandleReader, error) {
	f := newIPCFile(src.name, src.Closer, candleColumns, budgetBytes)
	if err := f.openFile(src); err != nil {
		return nil, fileError(src.name, err)
	}
	return newCandleFile(src.name, f), nil
}
