package main

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/liquidation-lab/backtest/pkg/report"
)

// runVenues puts one scenario on several venues, one after another: the data is read once, and one exchange is in memory at a
// time. Everything that can be wrong with the request is found before the first of them runs.
func (f *runFlags) runVenues(c *cobra.Command, name string) error {
	list, err := f.venueInputs(name)
	if err != nil {
		return err
	}
	out := f.out
	if out == "" {
		if out, err = freeDirectory(filepath.Join("runs", list[0].Scenario.Name+"-venues-"+hashOf(list)[:8])); err != nil {
			return err
		}
	}
	set, err := report.CreateSet(out)
	if errors.Is(err, report.ErrExists) {
		return &usageError{err}
	}
	if err != nil {
		return err
	}
	defer set.Abort()
	for _, in := range list {
		bar := newProgress(c.ErrOrStderr(), f.quiet)
		_, err := execution{inputs: in, workers: f.workers, progress: bar}.into(c.Context(), set.Place(report.RunName(in.Rulebook.ID)))
		bar.close()
		if err != nil {
			return fmt.Errorf("venue %s: %w", in.Rulebook.ID, err)
		}
	}
	comparison, err := set.Commit()
	if errors.Is(err, report.ErrExists) {
		return &usageError{err}
	}
	if err != nil {
		return err
	}
	stdout := c.OutOrStdout()
	switch {
	case f.json:
		text, err := comparison.JSON()
		if err != nil {
			return err
		}
		_, err = stdout.Write(text)
		return err
	case f.quiet:
		_, err = fmt.Fprintln(stdout, out)
		return err
	}
	return comparison.Print(stdout, textOn(stdout, out))
}

// venueInputs loads what the runs are made from, the data once for all of them.
func (f *runFlags) venueInputs(name string) ([]report.Inputs, error) {
	for _, s := range f.set {
		if strings.HasPrefix(s, "venue=") {
			return nil, usagef("--set %s beside several --venue; expected the venues by --venue only", s)
		}
	}
	var list []report.Inputs
	given := map[string]string{}
	for _, venue := range f.venues {
		if venue == "" {
			return nil, usagef("--venue is empty; expected a rulebook, such as binance/2025-10, or a rulebook file")
		}
		in, err := f.request(name, venue)
		if err != nil {
			return nil, err
		}
		place := report.RunName(in.Rulebook.ID)
		if other, twice := given[place]; twice {
			return nil, usagef("--venue %s and --venue %s are both %s; expected every venue once, and a rulebook file of your own with an id of its own", other, venue, in.Rulebook.ID)
		}
		given[place] = venue
		list = append(list, in)
	}
	catalog, err := f.catalog(list[0].Scenario)
	if err != nil {
		return nil, err
	}
	for i := range list {
		list[i].Catalog = catalog
	}
	return list, nil
}

// hashOf identifies a list of runs by their scenarios and rulebooks.
func hashOf(list []report.Inputs) string {
	h := sha256.New()
	for _, in := range list {
		fmt.Fprintln(h, in.Scenario.Hash(), in.Rulebook.Hash())
	}
	return fmt.Sprintf("%x", h.Sum(nil))
}
