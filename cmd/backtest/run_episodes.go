package main

import (
	"fmt"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/liquidation-lab/backtest/pkg/market/columnar"
	"github.com/liquidation-lab/backtest/pkg/report"
)

// episodeInputs are the runs of a scenario that is put on several stretches of history. A run's command is the one that
// makes it alone. The data is opened once where --data replaces that of all episodes.
func (f *runFlags) episodeInputs(name, venue string, in report.Inputs) ([]variant, error) {
	stretches, err := in.Scenario.Episodes()
	if err != nil {
		return nil, &usageError{err}
	}
	var list []variant
	var shared *columnar.Catalog
	for _, s := range stretches {
		one, err := f.requestWith(name, venue, append(slices.Clip(in.Command.Set), s.Assignments...))
		if err != nil {
			return nil, fmt.Errorf("episode %s: %w", s.Name, err)
		}
		if one.Catalog = shared; shared == nil {
			if one.Catalog, err = f.catalog(one.Scenario); err != nil {
				return nil, fmt.Errorf("episode %s: %w", s.Name, err)
			}
		}
		if f.data.path != "" {
			shared = one.Catalog
		}
		list = append(list, variant{one, s.Name, "episode " + s.Name})
	}
	return list, nil
}

// runEpisodes carries out a scenario on each of its episodes, one after another, and puts them side by side. One episode
// alone is a run like any other.
func (f *runFlags) runEpisodes(c *cobra.Command, name, venue string, in report.Inputs) error {
	list, err := f.episodeInputs(name, venue, in)
	if err != nil {
		return err
	}
	if len(list) == 1 {
		return f.runOne(c, list[0].Inputs)
	}
	return f.runSet(c, list, "episodes")
}

// oneStretch refuses a scenario that is put on several stretches of history, or on several venues at once, where one run is
// asked for.
func oneStretch(in report.Inputs) error {
	if in.Scenario.Contagion != nil {
		return usagef("scenario %s puts several venues under one clock (`contagion`), and this takes one venue; run it with `backtest run`, or take one out of it with --set contagion=none and the venue's own values",
			in.Scenario.Name)
	}
	if n := len(in.Scenario.Over); n > 0 {
		return usagef("scenario %s is put on %d episodes (`over`), and this takes one; choose it with --set 'over=[]' --set data=NAME --set window.from=TIME --set window.to=TIME",
			in.Scenario.Name, n)
	}
	return nil
}

// setDirectory is where several runs go when --out does not say: named after what differs between them.
func setDirectory(list []variant, differs string) (string, error) {
	return freeDirectory(filepath.Join("runs", list[0].Scenario.Name+"-"+differs+"-"+hashOf(list)[:8]))
}
