package main

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/liquidation-lab/backtest/pkg/market/archive"
)

// newDataCommand groups what works on market data.
func newDataCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "data",
		Short: "Bring market data in, look at it, check it",
		Long: `Market data lives in a catalog: a directory of Parquet files with a manifest of their hashes.

Import reads files as venues publish them; download those first (docs/DATA.md says where).`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(newDataImportCommand(), newDataInspectCommand(), newDataCheckCommand(), newDataSynthCommand())
	return c
}

// dataError gives a mistake in the request its exit code.
func dataError(err error) error {
	if request := (*archive.RequestError)(nil); errors.As(err, &request) {
		return &usageError{err}
	}
	return err
}
