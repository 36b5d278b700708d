package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/liquidation-lab/backtest/internal/scenario"
)

// Groups of subcommands in the help.
const (
	groupReplay  = "replay"
	groupInputs  = "inputs"
	groupProgram = "program"
)

// execute runs the command line and returns the exit code.
func execute(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := newRootCommand()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	if errors.Is(err, context.Canceled) && ctx.Err() != nil {
		fmt.Fprintln(stderr, "backtest: interrupted; nothing was written")
		return 1
	}
	fmt.Fprintln(stderr, "backtest:", err)
	if coded := (interface{ ExitCode() int })(nil); errors.As(err, &coded) {
		return coded.ExitCode()
	}
	if mistake := (*scenario.Error)(nil); errors.As(err, &mistake) {
		return 2 // found late, when the rules were tried, but still a mistake in what was asked for
	}
	return 1
}

func newRootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "backtest",
		Short: "Stress-test leverage rules through a whole exchange",
		Long: `backtest replays perpetual-futures history through a whole exchange: tiered margin, liquidation, insurance fund
and auto-deleveraging on every tick, with a leveraged crowd around the rules under test. It answers: would this rule
have survived, what did the stop change, what happened to the exchange, and how sure are we?`,
		Example: `  backtest run october-10-2025
  backtest run october-10-2025 --set crowd.accounts=20000 --set seed=7
  backtest report runs/october-10-2025-1a2b3c4d --verify
  backtest data import ~/Downloads/data.binance.vision --out data/october
  backtest run october-10-2025 --data data/october`,
		SilenceErrors:     true,
		SilenceUsage:      true,
		DisableAutoGenTag: true,
	}
	root.AddGroup(&cobra.Group{ID: groupReplay, Title: "Replay:"}, &cobra.Group{ID: groupInputs, Title: "Inputs:"}, &cobra.Group{ID: groupProgram, Title: "Program:"})
	root.SetHelpCommandGroupID(groupProgram)
	root.SetCompletionCommandGroupID(groupProgram)
	add := func(group string, commands ...*cobra.Command) {
		for _, c := range commands {
			c.GroupID = group
			root.AddCommand(c)
		}
	}
	add(groupReplay, newRunCommand(), newLeversCommand(), newSweepCommand(), newMonteCarloCommand(), newCompareCommand(), newCalibrateCommand(), newReportCommand())
	add(groupInputs, newScenarioCommand(), newStrategyCommand(), newDataCommand(), newVenueCommand(), newCalcCommand())
	add(groupProgram, newVersionCommand())
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	root.SetFlagErrorFunc(flagError)
	refuseUnknown(root)
	completeVenues(root)
	return root
}

// completeVenues offers the names of rulebooks wherever --venue takes one.
func completeVenues(c *cobra.Command) {
	for _, sub := range c.Commands() {
		completeVenues(sub)
	}
	if c.Flags().Lookup("venue") == nil {
		return
	}
	if err := c.RegisterFlagCompletionFunc("venue", completeVenue); err != nil {
		panic(err) // the flag exists, and has no completion yet
	}
}

// refuseUnknown makes every wrong argument a usageError, and a group of subcommands answer an unknown one with the
// nearest it has.
func refuseUnknown(c *cobra.Command) {
	for _, sub := range c.Commands() {
		refuseUnknown(sub)
	}
	c.SuggestionsMinimumDistance = 2
	switch {
	case c.Name() == "help":
		c.Args = func(c *cobra.Command, args []string) error {
			if found, rest, _ := c.Root().Find(args); len(rest) > 0 {
				return usagef("help: unknown command %q for %q%s; `%s --help` lists what there is", rest[0], found.CommandPath(), suggestion(found.SuggestionsFor(rest[0])), found.CommandPath())
			}
			return nil
		}
	case c.Parent() != nil && c.Parent().Name() == "completion":
		// cobra's own
	case c.HasSubCommands() && c.RunE == nil:
		c.Args = cobra.ArbitraryArgs
		c.RunE = func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return c.Help()
			}
			return usagef("unknown command %q for %q%s; `%s --help` lists what there is", args[0], c.CommandPath(), suggestion(c.SuggestionsFor(args[0])), c.CommandPath())
		}
	case c.Args != nil:
		check := c.Args
		c.Args = func(c *cobra.Command, args []string) error {
			if err := check(c, args); err != nil {
				return &usageError{fmt.Errorf("%s: %w; usage: %s", subcommand(c), err, c.UseLine())}
			}
			return nil
		}
	}
}

// flagError makes a wrong flag a usageError that names the nearest flag.
func flagError(c *cobra.Command, err error) error {
	unknown := (*pflag.NotExistError)(nil)
	if !errors.As(err, &unknown) {
		return &usageError{fmt.Errorf("%s: %w", subcommand(c), err)}
	}
	// Flags are offered to cobra as commands, so that both are judged near in the same way.
	flags := &cobra.Command{SuggestionsMinimumDistance: 2}
	c.Flags().VisitAll(func(f *pflag.Flag) {
		flags.AddCommand(&cobra.Command{Use: f.Name, Run: func(*cobra.Command, []string) {}})
	})
	near := flags.SuggestionsFor(unknown.GetSpecifiedName())
	for i := range near {
		near[i] = "--" + near[i]
	}
	return usagef("%s: %w%s; `%s --help` lists all flags", subcommand(c), err, suggestion(near), c.CommandPath())
}

// subcommand returns the command's words without the program's, which begins every error already.
func subcommand(c *cobra.Command) string {
	return strings.TrimPrefix(c.CommandPath(), c.Root().Name()+" ")
}

// suggestion prints what may have been meant.
func suggestion(near []string) string {
	if len(near) == 0 {
		return ""
	}
	return "; did you mean " + strings.Join(near, " or ") + "?"
}

// arguments requires a number of arguments and says in words what they are.
func arguments(least, most int, what string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) < least || len(args) > most {
			return fmt.Errorf("got %d arguments, expected %s", len(args), what)
		}
		return nil
	}
}
