package main

import (
	"runtime"

	"github.com/spf13/cobra"
)

// flagWords are what the flags that all commands with a scenario have mean in one of them.
type flagWords struct{ out, set, workers, json, quiet string }

// register gives a command the flags that run, sweep, levers and montecarlo share.
func (f *runFlags) register(c *cobra.Command, w flagWords) {
	flags := c.Flags()
	flags.StringVar(&f.data.path, "data", "", "catalog, file of candles (Parquet, Arrow) or - for an Arrow stream on standard input (default: the data that ships with the scenario)")
	flags.StringVar(&f.data.symbol, "symbol", "", "instrument of a single --data file (default: what the file's name begins with)")
	flags.StringVar(&f.out, "out", "", w.out)
	flags.StringArrayVar(&f.set, "set", nil, "KEY=VALUE, changes a value of the scenario"+w.set+"; repeatable")
	flags.IntVar(&f.workers, "workers", runtime.GOMAXPROCS(0), w.workers+"; results do not depend on it")
	flags.BoolVar(&f.json, "json", false, w.json)
	flags.BoolVarP(&f.quiet, "quiet", "q", false, "no progress; print only the name of "+w.quiet)
	_ = c.MarkFlagDirname("out") // the flag exists
}
