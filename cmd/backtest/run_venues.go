package main

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/liquidation-lab/backtest/pkg/report"
)

// variant is one of several runs of a scenario: its inputs, the name of its directory, and what it is called in errors.
type variant struct {
	report.Inputs
	place, what string
}

// runVenues puts one scenario on several venues, or under several ADL allocations, one after another: the data is read once, and one exchange is in memory at a
// time. Everything that can be wrong with the request is found before the first of them runs.
func (f *runFlags) runVenues(c *cobra.Command, name string) error {
	list, err := f.variants(name)
	if err != nil {
		return err
	}
	return f.runSet(c, list, f.compared())
}

// runSet carries out several runs one after another into one directory and compares them. differs says what is not the same
// in all of them.
func (f *runFlags) runSet(c *cobra.Command, list []variant, differs string) (err error) {
	out := f.out
	if out == "" {
		if out, err = setDirectory(list, differs); err != nil {
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
		_, err := execution{inputs: in.Inputs, workers: f.workers, progress: bar}.into(c.Context(), set.Place(in.place))
		bar.close()
		if err != nil {
			return fmt.Errorf("%s: %w", in.what, err)
		}
	}
	comparison, err := set.Commit()
	if errors.Is(err, report.ErrExists) {
		return &usageError{err}
	}
	if err != nil {
		return err
	}
	return printResult(c.OutOrStdout(), comparison, out, f.json, f.quiet)
}

// compared says what differs between the runs.
func (f *runFlags) compared() string {
	if len(f.adl) > 1 {
		return "adl"
	}
	return "venues"
}

// variants loads what the runs are made from, the data once for all of them.
func (f *runFlags) variants(name string) (list []variant, err error) {
	if len(f.adl) > 1 && len(f.venues) > 1 {
		return nil, usagef("several --venue beside several --adl; expected one of them to be repeated: run the other one by one, and `backtest compare` puts all side by side")
	}
	if len(f.adl) > 1 {
		list, err = f.adlInputs(name)
	} else {
		list, err = f.venueInputs(name)
	}
	if err != nil {
		return nil, err
	}
	if err := oneStretch(list[0].Inputs); err != nil {
		return nil, err
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

// adlInputs are the runs of several ADL allocations.
func (f *runFlags) adlInputs(name string) (list []variant, err error) {
	venue := ""
	if len(f.venues) == 1 {
		venue = f.venues[0]
	}
	for i, allocation := range f.adl {
		if slices.Contains(f.adl[:i], allocation) {
			return nil, usagef("--adl %s is given twice; expected every allocation once", allocation)
		}
		in, err := f.requestWith(name, venue, append(slices.Clip(f.set), "rules.adl_allocation="+allocation))
		if err != nil {
			return nil, err
		}
		list = append(list, variant{in, allocation, "adl " + allocation})
	}
	return list, nil
}

// venueInputs are the runs of several venues.
func (f *runFlags) venueInputs(name string) ([]variant, error) {
	for _, s := range f.set {
		if strings.HasPrefix(s, "venue=") {
			return nil, usagef("--set %s beside several --venue; expected the venues by --venue only", s)
		}
	}
	var list []variant
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
		list = append(list, variant{in, place, "venue " + in.Rulebook.ID})
	}
	return list, nil
}

// hashOf identifies a list of runs by their scenarios and rulebooks.
func hashOf(list []variant) string {
	h := sha256.New()
	for _, in := range list {
		fmt.Fprintln(h, in.Scenario.Hash(), in.Rulebook.Hash())
	}
	return fmt.Sprintf("%x", h.Sum(nil))
}
