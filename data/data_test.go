package data_test

import (
	"bytes"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/liquidation-lab/backtest/data"
	"github.com/liquidation-lab/backtest/pkg/market/columnar"
	"github.com/liquidation-lab/backtest/pkg/market/synth"
)

var update = flag.Bool("update", false, "rebuild the catalogs from their points.yaml")

// rebuild makes the catalog from its points into a new directory.
func rebuild(t *testing.T, name string) string {
	t.Helper()
	path := filepath.Join(name, "points.yaml")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	points, err := synth.Parse(path, text)
	if err != nil {
		t.Fatal(err)
	}
	if points.Name != name {
		t.Fatalf("%s: name is %s", path, points.Name)
	}
	dir := filepath.Join(t.TempDir(), name)
	if _, err := points.Write(dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

// replace puts the rebuilt files in the place of the shipped ones and keeps points.yaml.
func replace(t *testing.T, name, rebuilt string) {
	t.Helper()
	entries, err := os.ReadDir(name)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() != "points.yaml" {
			if err := os.RemoveAll(filepath.Join(name, e.Name())); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := os.CopyFS(name, os.DirFS(rebuilt)); err != nil {
		t.Fatal(err)
	}
}

// The shipped catalogs are what their control points make, byte for byte and file for file, on disk and in the binary.
func TestShippedCatalogsFollowFromTheirPoints(t *testing.T) {
	for _, name := range data.Names() {
		t.Run(name, func(t *testing.T) {
			rebuilt := rebuild(t, name)
			if *update {
				replace(t, name, rebuilt)
				t.Skip("rebuilt; run the test again without -update")
			}
			embedded, ok := data.Catalog(name)
			if !ok {
				t.Fatal("not embedded")
			}
			want, shipped := tree(t, os.DirFS(rebuilt)), tree(t, embedded)
			delete(shipped, "points.yaml")
			for path, bytesWanted := range want {
				if !bytes.Equal(shipped[path], bytesWanted) {
					t.Errorf("%s differs from what points.yaml makes; `go test ./data -update` rebuilds it", path)
				}
				delete(shipped, path)
			}
			for path := range shipped {
				t.Errorf("%s is not made from points.yaml", path)
			}
		})
	}
}

func tree(t *testing.T, fsys fs.FS) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	err := fs.WalkDir(fsys, ".", func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		files[path], err = fs.ReadFile(fsys, path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// instruments counts those of each catalog.
var instruments = map[string]int{"august-5-2024": 2, "black-thursday-2020-03-12": 2, "february-3-2025": 2, "may-19-2021": 2,
	"october-10-2025": 10, "red-monday-2025-09-22": 10}

// A catalog says of itself, and each file repeats, that it is no recording; and the repository stays small.
func TestShippedCatalogsAreLabeledAndSmall(t *testing.T) {
	for _, name := range data.Names() {
		fsys, _ := data.Catalog(name)
		c, err := columnar.Open(fsys, name)
		if err != nil {
			t.Fatal(err)
		}
		meta := c.Metadata()
		if meta["provenance"] != "reconstructed" || meta["seed"] == "" || len(meta["points_sha256"]) != 64 {
			t.Errorf("%s: metadata %v", name, meta)
		}
		total := int64(0)
		for _, s := range c.Series() {
			total += s.Bytes
			raw, err := fs.ReadFile(fsys, s.Path)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Contains(raw, []byte("reconstructed")) {
				t.Errorf("%s/%s: no label in the file's metadata", name, s.Path)
			}
		}
		if want := 5 * instruments[name]; len(c.Series()) != want {
			t.Errorf("%s: %d series; expected five kinds of %d instruments", name, len(c.Series()), instruments[name])
		}
		if total >= 2<<20 {
			t.Errorf("%s: %d bytes; expected below 2 MiB", name, total)
		}
	}
}

func TestUnknownCatalog(t *testing.T) {
	for _, name := range []string{"", ".", "..", "october-10-2025/candles", "march-12-2020"} {
		if _, ok := data.Catalog(name); ok {
			t.Errorf("%q is said to ship", name)
		}
	}
}
