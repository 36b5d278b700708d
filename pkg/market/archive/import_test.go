package archive

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// TestImportStops: an import whose context ended writes nothing.
func TestImportStops(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	dir := t.TempDir()
	source := filepath.Join(dir, "BTCUSDT-1m-2025-10-10.csv")
	if err := os.WriteFile(source, []byte("open_time,open,high,low,close,volume\n1760129100000,1,2,1,2,3\n1760129160000,2,2,1,1,3\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "catalog")
	_, err := Import(ctx, ImportOptions{Sources: []string{source}, Out: out, Selection: Selection{Market: "um"}})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, expected that of the context", err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*catalog*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}
