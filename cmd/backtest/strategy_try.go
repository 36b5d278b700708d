package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/liquidation-lab/backtest/pkg/strategy"
	"github.com/liquidation-lab/backtest/pkg/strategy/script"
)

func newStrategyTestCommand() *cobra.Command {
	var asJSON bool
	var args map[string]string
	c := &cobra.Command{
		Use:   "test FILE",
		Short: "Try a Starlark strategy on made-up situations",
		Long: `Test reads a script and calls every function that a rule would call, with entries at 100 and an equity of 1,000
after a rise, a fall and a standstill, on both sides. It prints what the script decides, or where it fails: with line and
column. Nothing in these situations is market data.`,
		Example: `  backtest strategy test my.star
  backtest strategy test my.star --arg period=20 --arg k=2`,
		Args: arguments(1, 1, "a script, such as my.star"),
		RunE: func(c *cobra.Command, files []string) error {
			return testScript(c.OutOrStdout(), files[0], args, asJSON)
		},
	}
	c.Flags().StringToStringVar(&args, "arg", nil, "name=value that the script finds in args; may be repeated")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

// decisionEntry is a decision as it is printed.
type decisionEntry struct {
	Function  string `json:"function"`
	Situation string `json:"situation"`
	Decision  string `json:"decision,omitempty"`
	Skipped   string `json:"skipped,omitempty"`
	Error     string `json:"error,omitempty"`
}

func testScript(w io.Writer, name string, args map[string]string, asJSON bool) error {
	source, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return usagef("strategy test: %w; expected a script, such as my.star", err)
	}
	if err != nil {
		return err
	}
	p, err := script.Parse(name, source, args)
	if err != nil {
		return &usageError{err}
	}
	printed := []string{}
	p.Print = func(text string) { printed = append(printed, text) }
	decisions := script.Trial(p)
	if len(decisions) == 0 {
		return usagef("%s defines none of the functions that a rule calls: expected at least one of %s", name, strings.Join(script.Functions(), ", "))
	}
	failed := 0
	entries := make([]decisionEntry, len(decisions))
	for i, d := range decisions {
		entries[i] = decisionEntry{Function: d.Function, Situation: d.Situation, Decision: d.Answer}
		switch {
		case errors.Is(d.Err, strategy.ErrImpossible) || errors.Is(d.Err, strategy.ErrHistory):
			entries[i].Decision, entries[i].Skipped = "", d.Err.Error()
		case d.Err != nil:
			entries[i].Decision, entries[i].Error = "", d.Err.Error()
			failed++
		}
	}
	if asJSON {
		err = printJSON(w, entries)
	} else {
		err = printDecisions(w, entries, printed)
	}
	if err == nil && failed > 0 {
		err = usagef("%s: %d of %d calls failed", name, failed, len(entries))
	}
	return err
}

func printDecisions(w io.Writer, entries []decisionEntry, printed []string) error {
	var b strings.Builder
	last := ""
	for _, e := range entries {
		if e.Function != last {
			fmt.Fprintf(&b, "%s\n", e.Function)
			last = e.Function
		}
		switch {
		case e.Error != "":
			fmt.Fprintf(&b, "  %s\n    failed: %s\n", e.Situation, e.Error)
		case e.Skipped != "":
			fmt.Fprintf(&b, "  %s\n    entry refused: %s\n", e.Situation, e.Skipped)
		default:
			fmt.Fprintf(&b, "  %s\n    %s\n", e.Situation, e.Decision)
		}
	}
	for _, text := range printed {
		fmt.Fprintf(&b, "printed: %s\n", text)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
