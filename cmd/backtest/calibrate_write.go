package main

import (
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/liquidation-lab/backtest/pkg/calibrate"
	"github.com/liquidation-lab/backtest/pkg/report"
)

// fittedScenario is the result of a calibration: the search's, and the scenario's expectations before and after it with
// the crowd as the scenario has it.
type fittedScenario struct {
	*fitting
	fit           *calibrate.Fit
	before, after []report.Expectation
}

// verdict says how a target ended.
func (f *fittedScenario) verdict(i int) string {
	k := slices.Index(f.fitted, i)
	var words []string
	switch {
	case f.after[i].Within:
		words = append(words, "met")
	case !f.after[i].Value.Exists():
		words = append(words, "no such figure in this run")
	default:
		words = append(words, "not met")
	}
	switch {
	case k < 0 && f.fittedBefore(i):
		words = append(words, "fitted to before")
	case k < 0:
		words = append(words, "held out")
	case !f.fit.Identified[k]:
		words = append(words, "no parameter moves it")
	}
	return strings.Join(words, ", ")
}

// fittedBefore reports whether the values that the search began from were fitted to an expectation: it tests nothing any more,
// whatever is fitted to now.
func (f *fittedScenario) fittedBefore(i int) bool { return f.inputs.Scenario.Expectations[i].Fitted }

// text is the file: where every fitted value comes from, then the scenario.
func (f *fittedScenario) text() ([]byte, error) {
	s, err := changed(f.inputs.Scenario, f.assignments(f.fit.After.Parameters))
	if err != nil {
		return nil, err
	}
	base := filepath.Base(f.flags.out)
	s.Name = strings.TrimSuffix(base, filepath.Ext(base))
	if s.Title += ", calibrated"; f.flags.title != "" {
		s.Title = f.flags.title
	}
	for i := range s.Expectations {
		s.Expectations[i].Fitted = f.fittedBefore(i) || slices.Contains(f.fitted, i)
	}
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, "# "+format+"\n", args...) }
	line("Fitted by `backtest calibrate` to %d of the %d expectations of %s (SHA-256 %.16s).", len(f.fitted), len(f.after), f.inputs.Scenario.Name, f.inputs.Scenario.Hash())
	meta := f.inputs.Catalog.Metadata()
	provenance := meta["provenance"]
	if provenance == "" {
		provenance = "no provenance stated"
	}
	window := "the whole of it"
	if s.Window.From != 0 && s.Window.To != 0 {
		window = fmt.Sprintf("%s to %s", s.Window.From, s.Window.To)
	}
	line("Data: %s (%s), %s; rulebook %s of %s.", f.inputs.Catalog.Name(), provenance, window, f.inputs.Rulebook.ID, f.inputs.Rulebook.AsOf)
	searched := "the crowd as below"
	if f.flags.accounts > 0 {
		searched = fmt.Sprintf("%d accounts", f.flags.accounts)
	}
	line("%d runs with %s, search seed %d; loss (sum of squares) %.4g before, %.4g after.", f.fit.Runs, searched, f.flags.seed, f.fit.Before.Loss, f.fit.After.Loss)
	line("")
	for i, p := range f.params {
		line("%s: %s -> %s, sought in %g to %g%s", p.Key, p.Start, f.fit.After.Parameters[i], p.Low, p.High, f.caution(i))
	}
	line("")
	for i, e := range f.after {
		line("%s: %s -> %s in %g to %g; loss %.3g -> %.3g; %s", e.Metric, shortNumber(f.before[i].Value), shortNumber(e.Value), float64(e.Low), float64(e.High), loss(f.before[i]), loss(e), f.verdict(i))
	}
	b.Write(s.Canonical())
	return []byte(b.String()), nil
}

// caution says what a fitted value does not mean.
func (f *fittedScenario) caution(i int) string {
	if !f.fit.Moves[i] {
		return "; moves no target: not identified"
	}
	for _, pair := range f.fit.Alike {
		if pair[0] == i || pair[1] == i {
			other := f.params[pair[0]+pair[1]-i].Key
			return "; acts like " + other + ": only together identified"
		}
	}
	return ""
}

// print says what was fitted and what came of every figure.
func (f *fittedScenario) print(w io.Writer) {
	t := newTable()
	t.AppendHeader(table.Row{"parameter", "before", "fitted", "sought in", ""})
	for i, p := range f.params {
		t.AppendRow(table.Row{p.Key, p.Start, f.fit.After.Parameters[i], fmt.Sprintf("%g to %g", p.Low, p.High), strings.TrimPrefix(f.caution(i), "; ")})
	}
	fmt.Fprintln(w, t.Render())
	t = newTable()
	t.AppendHeader(table.Row{"figure", "before", "after", "published", "loss before", "after", ""})
	within := 0
	for i, e := range f.after {
		if e.Within {
			within++
		}
		t.AppendRow(table.Row{e.Metric, shortNumber(f.before[i].Value), shortNumber(e.Value), fmt.Sprintf("%g to %g", float64(e.Low), float64(e.High)),
			fmt.Sprintf("%.3g", loss(f.before[i])), fmt.Sprintf("%.3g", loss(e)), f.verdict(i)})
	}
	t.SetColumnConfigs([]table.ColumnConfig{{Number: 1, WidthMax: 60, WidthMaxEnforcer: text.WrapSoft}})
	fmt.Fprintln(w, t.Render())
	fmt.Fprintf(w, "%d of %d figures within their bands, %d of them fitted to; %d runs, loss %.4g before, %.4g after\n", within, len(f.after), len(f.fitted), f.fit.Runs, f.fit.Before.Loss, f.fit.After.Loss)
	fmt.Fprintf(w, "%s: written; `backtest run %s` reports it\n", f.flags.out, filePath(f.flags.out))
}

func newTable() table.Writer {
	t := table.NewWriter()
	t.SetStyle(table.StyleLight)
	t.Style().Format.Header = text.FormatDefault
	return t
}
