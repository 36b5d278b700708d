package main

import (
	"fmt"
	"io"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// version is the program's, as manifests record it. It names the code by release, so that the same code gives the same
// bytes however it was built; the commit is for people.
const version = "0.1.0"

func newVersionCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "version",
		Short: "Print version, commit, Go version and GOAMD64",
		Example: `  backtest version
  backtest version --json`,
		Args: arguments(0, 0, "none"),
		RunE: func(c *cobra.Command, _ []string) error {
			b := buildOf()
			if asJSON {
				return printJSON(c.OutOrStdout(), b)
			}
			return b.print(c.OutOrStdout())
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

// build is how this program was made.
type build struct {
	Version  string `json:"version"`
	Commit   string `json:"commit"`
	Modified bool   `json:"modified"` // the checkout had changes beside the commit
	Go       string `json:"go"`
	Platform string `json:"platform"`
	GOAMD64  string `json:"goamd64,omitempty"`
}

func buildOf() build {
	b := build{Version: version, Commit: "unknown", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Commit = s.Value
		case "vcs.modified":
			b.Modified = s.Value == "true"
		case "GOAMD64":
			b.GOAMD64 = s.Value
		}
	}
	return b
}

func (b build) print(w io.Writer) error {
	commit := b.Commit
	if b.Modified {
		commit += " (modified)"
	}
	_, err := fmt.Fprintf(w, "backtest %s\ncommit   %s\ngo       %s\nplatform %s\n", b.Version, commit, b.Go, b.Platform)
	if err == nil && b.GOAMD64 != "" {
		_, err = fmt.Fprintf(w, "GOAMD64  %s\n", b.GOAMD64)
	}
	return err
}
