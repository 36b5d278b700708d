package columnar

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// ipcMagic begins and ends an Arrow IPC file; two bytes of padding follow it at the beginning.
const ipcMagic = "ARROW1"

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

// candlesOfIPCFile reads an IPC file as the stream that lies between its opening magic and its footer. The footer's
// offsets, which a damaged file could point anywhere, are not needed for that.
func candlesOfIPCFile(src source, budgetBytes int) (CandleReader, error) {
	end, err := ipcFooter(src)
	if err != nil {
		return nil, fileError(src.name, err)
	}
	stream := bufio.NewReaderSize(io.NewSectionReader(src, 8, end-8), 256<<10)
	return candlesOfIPC(stream, src.Closer, src.name, budgetBytes)
}

// ipcFooter returns where the footer begins.
func ipcFooter(src source) (int64, error) {
	var head [8]byte
	var tail [10]byte // footer length and magic
	if src.size < int64(len(head)+len(tail)) {
		return 0, fmt.Errorf("has %d bytes: expected a complete Arrow IPC file; it is truncated or none", src.size)
	}
	if _, err := src.ReadAt(head[:], 0); err != nil {
		return 0, err
	}
	if _, err := src.ReadAt(tail[:], src.size-int64(len(tail))); err != nil {
		return 0, err
	}
	if !bytes.HasPrefix(head[:], []byte(ipcMagic)) || string(tail[4:]) != ipcMagic {
		return 0, fmt.Errorf("does not begin and end with %s: it is truncated or no Arrow IPC file (a stream is named .arrows)", ipcMagic)
	}
	footer := int64(binary.LittleEndian.Uint32(tail[:]))
	end := src.size - int64(len(tail)) - footer
	if footer <= 0 || end < int64(len(head)) {
		return 0, fmt.Errorf("claims a footer of %d bytes in %d: it is damaged; restore or write it again", footer, src.size)
	}
	return end, nil
}
