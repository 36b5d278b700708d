package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"regexp"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"github.com/liquidation-lab/backtest/internal/scenario"
	"github.com/liquidation-lab/backtest/pkg/risk/venue"
)

// newScenarioCommand groups what works on scenario files.
func newScenarioCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "scenario",
		Short: "List, show, check and begin scenarios",
		Long: `A scenario is a YAML file that describes one run: which data and window, which venue's rules, how bars become
ticks, who trades (a crowd and the rules under test), and what is compared.`,
	}
	c.AddCommand(newScenarioListCommand(), newScenarioShowCommand(), newScenarioCheckCommand(), newScenarioNewCommand())
	return c
}

func newScenarioListCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "list",
		Short: "List the scenarios that ship with the program",
		Example: `  backtest scenario list
  backtest scenario list --json`,
		Args: arguments(0, 0, "none"),
		RunE: func(c *cobra.Command, _ []string) error {
			all, err := listScenarios()
			if err != nil {
				return err
			}
			if asJSON {
				return printJSON(c.OutOrStdout(), all)
			}
			printScenarios(c.OutOrStdout(), all)
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

// scenarioEntry is a line of `scenario list`.
type scenarioEntry struct {
	Name  string `json:"name"`
	Title string `json:"title"`
	From  string `json:"from"`
	To    string `json:"to"`
	Venue string `json:"venue"`
	Data  string `json:"data"`
	// Over names the episodes of a scenario that is run on several, in place of from, to and data.
	Over []string `json:"over,omitempty"`
}

func listScenarios() ([]scenarioEntry, error) {
	var all []scenarioEntry
	for _, name := range scenario.Names() {
		s, err := scenario.Load(name)
		if err != nil {
			return nil, err
		}
		entry := scenarioEntry{Name: s.Name, Title: s.Title, From: s.Window.From.String(), To: s.Window.To.String(), Venue: s.Venue, Data: s.Data}
		episodes, err := s.Episodes()
		if err != nil {
			return nil, err
		}
		for _, e := range episodes {
			entry.From, entry.To, entry.Over = "", "", append(entry.Over, e.Name)
		}
		all = append(all, entry)
	}
	return all, nil
}

func printScenarios(w io.Writer, all []scenarioEntry) {
	t := table.NewWriter()
	t.SetStyle(table.StyleLight)
	t.AppendHeader(table.Row{"name", "title", "from", "to", "venue"})
	for _, s := range all {
		if len(s.Over) > 0 {
			s.From = fmt.Sprintf("%d episodes", len(s.Over))
		}
		t.AppendRow(table.Row{s.Name, s.Title, s.From, s.To, s.Venue})
	}
	fmt.Fprintln(w, t.Render())
}

func newScenarioShowCommand() *cobra.Command {
	var canonical bool
	c := &cobra.Command{
		Use:   "show SCENARIO",
		Short: "Print a scenario, as written or with every default",
		Example: `  backtest scenario show october-10-2025
  backtest scenario show my.yaml --canonical`,
		Args:              arguments(1, 1, "the name of a scenario or a file"),
		ValidArgsFunction: completeScenario,
		RunE: func(c *cobra.Command, args []string) error {
			s, err := loadScenario(args[0])
			if err != nil {
				return err
			}
			text := s.Canonical()
			if !canonical {
				if text, err = scenarioText(args[0]); err != nil {
					return err
				}
			}
			_, err = c.OutOrStdout().Write(text)
			return err
		},
	}
	c.Flags().BoolVar(&canonical, "canonical", false, "every value written out, in the order that is hashed")
	return c
}

func newScenarioNewCommand() *cobra.Command {
	var from string
	c := &cobra.Command{
		Use:   "new FILE",
		Short: "Begin a scenario as a copy of one that ships",
		Example: `  backtest scenario new my-rule.yaml
  backtest scenario new my-rule.yaml --from red-monday-2025-09-22`,
		Args: arguments(1, 1, "the file to write, such as my-rule.yaml"),
		RunE: func(c *cobra.Command, args []string) error {
			if !strings.HasSuffix(args[0], ".yaml") && !strings.HasSuffix(args[0], ".yml") {
				return usagef("scenario new %s: expected a file name that ends in .yaml", args[0])
			}
			if _, err := loadScenario(from); err != nil {
				return err
			}
			text, err := scenarioText(from)
			if err != nil {
				return err
			}
			if err := writeNew(args[0], renamed(text, args[0])); err != nil {
				return err
			}
			fmt.Fprintf(c.OutOrStdout(), "%s: a copy of %s; edit it, then `backtest scenario check %s` and `backtest run %s`\n", args[0], from, args[0], filePath(args[0]))
			return nil
		},
	}
	c.Flags().StringVar(&from, "from", "october-10-2025", "scenario to copy")
	return c
}

// nameLine is the line of a scenario that names it.
var nameLine = regexp.MustCompile(`(?m)^name:.*$`)

// renamed gives a scenario the name of its file.
func renamed(text []byte, file string) []byte {
	base := file[strings.LastIndexAny(file, `/\`)+1:]
	return nameLine.ReplaceAll(text, []byte("name: "+strings.TrimSuffix(strings.TrimSuffix(base, ".yaml"), ".yml")))
}

// filePath writes a file so that it is not taken for a name.
func filePath(name string) string {
	if strings.ContainsAny(name, `/\`) {
		return name
	}
	return "./" + name
}

// writeNew writes a file that must not exist.
func writeNew(name string, text []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return usagef("%s exists already and is not overwritten: name another file", name)
	}
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Close())
}

// loadScenario reads a scenario; whatever is wrong with it is a wrong request.
func loadScenario(name string) (*scenario.Scenario, error) {
	s, err := scenario.Load(name)
	if err != nil {
		return nil, &usageError{err}
	}
	return s, nil
}

// scenarioText returns a scenario as written.
func scenarioText(name string) ([]byte, error) {
	text, err := scenario.Text(name)
	if err == nil {
		return text, nil
	}
	return os.ReadFile(name)
}

// loadRulebook finds the rulebook of an id, or of a file.
func loadRulebook(id string) (*venue.Rulebook, error) {
	load := venue.Load
	if isFile(id) {
		load = venue.LoadFile
	}
	book, err := load(id)
	if err != nil {
		return nil, &usageError{fmt.Errorf("venue: %w", err)}
	}
	return book, nil
}

func completeScenario(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return scenario.Names(), cobra.ShellCompDirectiveDefault
}
