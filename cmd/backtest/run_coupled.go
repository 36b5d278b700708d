package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/liquidation-lab/backtest/internal/scenario"
	"github.com/liquidation-lab/backtest/pkg/market/columnar"
	"github.com/liquidation-lab/backtest/pkg/replay"
	"github.com/liquidation-lab/backtest/pkg/report"
)

// coupledRun is a run of several venues under one clock that is ready to be carried out.
type coupledRun struct {
	scenario *scenario.Scenario
	catalog  *columnar.Catalog
	venues   []scenario.VenueScenario
	inputs   []report.Inputs // by venue
	workers  int
	progress *progress
}

// runCoupled carries out a scenario with a section contagion: one run directory a venue, and what they did to each other.
func (f *runFlags) runCoupled(c *cobra.Command, name string, in report.Inputs) (err error) {
	if in.Command.Venue != "" {
		return usagef("--venue %s: scenario %s names its venues in `contagion`; change one with --set contagion.venues.0.venue=%s, or take the section out with --set contagion=none", in.Command.Venue, in.Scenario.Name, in.Command.Venue)
	}
	r := &coupledRun{scenario: in.Scenario, workers: f.workers}
	if r.venues, err = in.Scenario.CoupledVenues(); err != nil {
		return &usageError{err}
	}
	if r.catalog, err = f.catalog(in.Scenario); err != nil {
		return err
	}
	for _, v := range r.venues {
		one, err := f.coupledInputs(name, in, v)
		if err != nil {
			return fmt.Errorf("venue %s: %w", v.Name, err)
		}
		one.Catalog = r.catalog
		r.inputs = append(r.inputs, one)
	}
	out := f.out
	if out == "" {
		if out, err = freeDirectory(filepath.Join("runs", in.Scenario.Name+"-coupled-"+in.Scenario.Hash()[:8])); err != nil {
			return err
		}
	}
	r.progress = newProgress(c.ErrOrStderr(), f.quiet)
	comparison, err := r.into(c.Context(), out)
	r.progress.close()
	if errors.Is(err, report.ErrExists) {
		return &usageError{err}
	}
	if err != nil {
		return err
	}
	return printResult(c.OutOrStdout(), comparison, out, f.json, f.quiet)
}

// coupledInputs are what one of the venues is made from.
func (f *runFlags) coupledInputs(name string, whole report.Inputs, v scenario.VenueScenario) (in report.Inputs, err error) {
	in = whole
	in.Scenario, in.Coupled = v.Scenario, report.NewCoupled(whole.Scenario, v.Name)
	if in.Rulebook, err = loadRulebook(v.Scenario.Venue); err != nil {
		return in, err
	}
	if in.Rulebook, err = in.Rulebook.Change(v.Scenario.Rules); err != nil {
		return in, &usageError{err}
	}
	if in.TradeList, err = loadTradeList(v.Scenario, name); err != nil {
		return in, err
	}
	in.Scripts, err = loadScripts(v.Scenario, name)
	return in, err
}

// into carries the run out and writes its directory, or leaves nothing.
func (r *coupledRun) into(ctx context.Context, dir string) (*report.RunComparison, error) {
	set, err := report.CreateSet(dir)
	if err != nil {
		return nil, err
	}
	defer set.Abort()
	o := replay.CoupledOptions{Scenario: r.scenario, Catalog: r.catalog, Workers: r.workers, Progress: r.progress.update}
	var runs []*report.Run
	for i, v := range r.venues {
		run, err := report.Create(set.Place(v.Name), r.inputs[i])
		if err != nil {
			return nil, err
		}
		defer run.Abort()
		runs = append(runs, run)
		o.Venues = append(o.Venues, replay.CoupledVenue{VenueScenario: v, Rulebook: r.inputs[i].Rulebook, Registry: r.inputs[i].Registry(), Recorder: run})
	}
	result, err := replay.RunCoupled(ctx, o)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var sums []*report.Summary
	for i, run := range runs {
		sum, err := run.Commit(result.Venues[i].Result)
		if err != nil {
			return nil, err
		}
		sums = append(sums, sum)
	}
	coupling, err := report.NewCoupling(r.scenario, r.venues, result, sums)
	if err != nil {
		return nil, err
	}
	set.Couple(coupling)
	if err := set.Attach(report.ScenarioFile, r.scenario.Canonical()); err != nil {
		return nil, err
	}
	return set.Commit()
}
