package columnar

import "fmt"

// flush hands the buffers to a goroutine that writes them, once the row group before is written, and goes on with the other
// set. Row groups are written one after the other, so the bytes do not depend on when it runs.
func (t *Table) flush() {
	t.wait()
	if t.err == nil && t.rows > 0 {
		if t.writing == nil {
			t.writing = make([]columnBuffer, len(t.columns))
			for i := range t.columns {
				t.writing[i].Column = t.columns[i].Column
			}
		}
		t.columns, t.writing = t.writing, t.columns
		written, columns := make(chan error, 1), t.writing
		t.written = written
		go func() { written <- t.writeRowGroup(columns) }()
	}
	t.rows = 0
	for i := range t.columns {
		c := &t.columns[i]
		c.int64s, c.int32s, c.float64s, c.strings = c.int64s[:0], c.int32s[:0], c.float64s[:0], c.strings[:0]
		c.decimals, c.defined, c.set = c.decimals[:0], c.defined[:0], 0
	}
	if len(t.interned) > RowGroupRows {
		clear(t.interned)
	}
}

// wait returns when no row group is under way.
func (t *Table) wait() {
	if t.written == nil {
		return
	}
	if err := <-t.written; err != nil {
		t.fail(err)
	}
	t.written = nil
}

// writeRowGroup writes buffers that nobody else touches meanwhile.
func (t *Table) writeRowGroup(columns []columnBuffer) (err error) {
	defer recovered(&err)
	group := t.out.AppendRowGroup()
	for i := range columns {
		chunk, err := group.NextColumn()
		if err != nil {
			return err
		}
		if err := columns[i].write(chunk); err != nil {
			return fmt.Errorf("column %s: %w", columns[i].Name, err)
		}
		if err := chunk.Close(); err != nil {
			return fmt.Errorf("column %s: %w", columns[i].Name, err)
		}
	}
	return group.Close()
}
