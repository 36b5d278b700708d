package main

import (
	"io"
	"path/filepath"
	"strconv"
	"testing"
)

// BenchmarkRedMonday runs the 100,000 setups of Red Monday with and without a stop at five leverages: a million accounts of
// probes beside the crowd, from the shipped data to the finished directory. The baseline is the same run with one
// leverage.
func BenchmarkRedMonday(b *testing.B) {
	for _, leverages := range []string{"[10]", "[5, 10, 20, 25, 50]"} {
		b.Run(leverages, func(b *testing.B) {
			for i := range b.N {
				c := newRootCommand()
				c.SetOut(io.Discard)
				c.SetErr(io.Discard)
				c.SetArgs([]string{"run", "red-monday-2025-09-22", "--set", "probes.factors.leverage=" + leverages, "-q",
					"--out", filepath.Join(b.TempDir(), strconv.Itoa(i))})
				if err := c.Execute(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
