// Package columnar reads and writes market data and run tables as Parquet, and reads Arrow IPC. It is the only
// package that imports arrow, so that the library's successor is one package away.
//
// A catalog is a directory of one zstd-compressed Parquet file per series beside a manifest.json that holds the rows,
// range, size and SHA-256 of each. The hashes are checked when the catalog is opened, because a flipped bit in a page
// can otherwise read as a wrong price without an error. Input is never trusted: sizes are checked against the file
// before memory is asked for, rows delivered are compared with the metadata, panics of the library become errors, and
// every row is validated. An Error names the file, row group and row.
//
// docs/FORMATS.md describes the files.
package columnar
