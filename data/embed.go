// Package data holds the market data that ships with the program: Parquet catalogs reconstructed from published control
// points, never recorded rows. See README.md for where each number comes from.
package data

import (
	"embed"
	"io/fs"
	"slices"
)

//go:embed august-5-2024 black-thursday-2020-03-12 february-3-2025 may-19-2021 october-10-2025 red-monday-2025-09-22
var files embed.FS

var names = []string{"august-5-2024", "black-thursday-2020-03-12", "february-3-2025", "may-19-2021", "october-10-2025", "red-monday-2025-09-22"}

// Names returns the names of the catalogs, sorted.
func Names() []string { return slices.Clone(names) }

// Catalog returns the files of the catalog of that name, as columnar.Open reads them, with the control points that they
// were made from beside them in points.yaml; ok is false when no such catalog ships.
func Catalog(name string) (fsys fs.FS, ok bool) {
	if !slices.Contains(names, name) {
		return nil, false
	}
	sub, err := fs.Sub(files, name)
	return sub, err == nil
}
