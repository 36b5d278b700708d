package columnar

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// TestTableOfManyStringsIsDeterministic writes more distinct text than the library's default dictionary holds, often
// enough for a map's order to show.
func TestTableOfManyStringsIsDeterministic(t *testing.T) {
	var first []byte
	for n := range 12 {
		var out bytes.Buffer
		table, err := NewTable(&out, []Column{{Name: "reason", Type: String}}, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 8_000 {
			if err := table.AppendRow(fmt.Sprint(i, strings.Repeat("-", 200))); err != nil {
				t.Fatal(err)
			}
		}
		if err := table.Close(); err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			first = out.Bytes()
		} else if !bytes.Equal(first, out.Bytes()) {
			t.Fatalf("writing %d differs from the first", n+1)
		}
	}
}
