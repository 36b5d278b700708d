package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/liquidation-lab/backtest/pkg/risk/calc"
)

func newCalcCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "calc",
		Short: "Work out one account, a funding rate or an ADL queue exactly",
		Long: `Calc works by a venue's published rules, in exact arithmetic: what would the exchange show, and why. It needs no market
data. docs/CALC.md lists every key of the input and the output, with formulas and sources.`,
		Example: `  backtest calc account --venue binance --symbol BTCUSDT --side long --leverage 10 --entry 60000 --size 1
  backtest calc account --venue binance --input account.json --json
  backtest calc funding --venue binance --average-premium 0.001 --interval 4 --date 2025-10-10
  backtest calc adl --venue binance --input queue.json`,
	}
	c.AddCommand(newCalcAccountCommand(), newCalcFundingCommand(), newCalcADLCommand())
	return c
}

// calcFlags are what the three calculations share.
type calcFlags struct {
	venue, input string
	json         bool
}

func (f *calcFlags) register(c *cobra.Command) {
	c.Flags().StringVar(&f.venue, "venue", "", "rulebook, such as binance/2025-10 or binance for the newest, or a rulebook file (default: the input's, else binance)")
	c.Flags().StringVar(&f.input, "input", "", "JSON file, or - for standard input")
	c.Flags().BoolVar(&f.json, "json", false, "print JSON")
}

// read returns the input's text.
func (f *calcFlags) read(c *cobra.Command) ([]byte, error) {
	if f.input == "-" {
		return io.ReadAll(c.InOrStdin())
	}
	text, err := os.ReadFile(f.input)
	if err != nil {
		return nil, usagef("--input %s: %w; expected a JSON file, or - for standard input", f.input, err)
	}
	return text, nil
}

// id is the rulebook that the flag names, else the input, else Binance's newest.
func (f *calcFlags) id(input string) string {
	switch {
	case f.venue != "":
		return f.venue
	case input != "":
		return input
	}
	return "binance"
}

// refused makes what the calculator refuses a usageError that names where the input came from.
func (f *calcFlags) refused(err error) error {
	if mistake := (*calc.InputError)(nil); err == nil || !errors.As(err, &mistake) {
		return err
	}
	name := f.input
	switch name {
	case "":
		return &usageError{err}
	case "-":
		name = "standard input"
	}
	if lines := strings.Split(err.Error(), "\n"); len(lines) > 1 {
		return usagef("%s: %d mistakes\n  %s", name, len(lines), strings.Join(lines, "\n  "))
	}
	return &usageError{fmt.Errorf("%s: %w", name, err)}
}
