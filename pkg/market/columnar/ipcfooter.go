package columnar

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/ipc"
)

// ipcMagic begins and ends an Arrow IPC file; two bytes of padding follow it at the beginning.
const ipcMagic = "ARROW1"

// openFile reads the footer of an Arrow IPC file and finds the wanted columns.
func (f *ipcFile) openFile(src source) (err error) {
	defer recovered(&err)
	if err := checkIPCFile(src); err != nil {
		return err
	}
	reader, err := ipc.NewFileReader(io.NewSectionReader(src, 0, src.size), ipc.WithAllocator(f.memory))
	if err != nil {
		return fmt.Errorf("is no Arrow IPC file: %w", err)
	}
	next := 0
	f.read = func() (arrow.Record, error) {
		if next == reader.NumRecords() {
			return nil, io.EOF
		}
		next++
		return reader.RecordAt(next - 1)
	}
	return f.bind(reader.Schema())
}

// The places of the vectors in the Footer table of Arrow's File.fbs, and the bytes of its Block structs.
const (
	footerSchema, footerDictionaries, footerRecords, footerMetadata = 1, 2, 3, 4

	blockBytes = 24
	// endSlack is the most that may lie between the last block and the footer: an end-of-stream marker and padding to 64.
	endSlack = 8 + 64
)

// checkIPCFile compares the places and sizes of the footer with the file, before the library allocates by them.
func checkIPCFile(src source) (err error) {
	defer recovered(&err)
	footer, end, err := readFooter(src)
	if err != nil {
		return err
	}
	table := footer.indirect(0)
	footer.vector(table, footerMetadata, 4)
	if at := footer.field(table, footerSchema); at != 0 {
		footer.checkSchema(footer.indirect(at))
	}
	used := int64(8) // of the last block
	for _, slot := range []int{footerDictionaries, footerRecords} {
		at, n := footer.vector(table, slot, blockBytes)
		last := int64(8) // dictionaries and records ascend on their own, and may alternate
		for i := range n {
			block := footer[at+blockBytes*i:]
			offset, meta := int64(binary.LittleEndian.Uint64(block)), int64(int32(binary.LittleEndian.Uint32(block[8:])))
			body := int64(binary.LittleEndian.Uint64(block[16:]))
			if offset < last || meta < 8 || meta > maxMessageMetadata || body < 0 || body > end || offset > end-meta-body {
				return fmt.Errorf("places record batch %d at byte %d with %d + %d bytes, of %d: it is damaged; restore or write it again",
					i, offset, meta, body, end)
			}
			last = offset + meta + body
		}
		used = max(used, last)
	}
	if end-used > endSlack {
		return fmt.Errorf("has %d bytes between its last record batch and its footer: rows are missing, it is damaged; restore or write it again",
			end-used)
	}
	return nil
}

// readFooter returns the footer's flatbuffer and where in the file it begins.
func readFooter(src source) (footer flat, end int64, err error) {
	var head [8]byte
	var tail [10]byte // footer length and magic
	if src.size < int64(len(head)+len(tail)) {
		return nil, 0, fmt.Errorf("has %d bytes: expected a complete Arrow IPC file; it is truncated or none", src.size)
	}
	if _, err := src.ReadAt(head[:], 0); err != nil {
		return nil, 0, err
	}
	if _, err := src.ReadAt(tail[:], src.size-int64(len(tail))); err != nil {
		return nil, 0, err
	}
	if !bytes.HasPrefix(head[:], []byte(ipcMagic)) || string(tail[4:]) != ipcMagic {
		return nil, 0, fmt.Errorf("does not begin and end with %s: it is truncated or no Arrow IPC file (a stream is named .arrows)", ipcMagic)
	}
	length := int64(binary.LittleEndian.Uint32(tail[:]))
	end = src.size - int64(len(tail)) - length
	if length <= 0 || end < int64(len(head)) {
		return nil, 0, fmt.Errorf("claims a footer of %d bytes in %d: it is damaged; restore or write it again", length, src.size)
	}
	footer = make(flat, length)
	_, err = src.ReadAt(footer, end)
	return footer, end, err
}
