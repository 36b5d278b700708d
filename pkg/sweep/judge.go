package sweep

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"reflect"

	"github.com/liquidation-lab/backtest/pkg/market/columnar"
	"github.com/liquidation-lab/backtest/pkg/replay"
	"github.com/liquidation-lab/backtest/pkg/report"
	"github.com/liquidation-lab/backtest/pkg/report/stats"
)

// JudgementSchema is the version that a judgement names.
const JudgementSchema = "backtest/sweep-judgement/v1"

// Objectives by which a row is chosen.
const (
	ByMean      = "mean"      // the highest mean P&L
	ByShortfall = "shortfall" // the smallest expected shortfall
)

// Judgement is what the best row of one sweep did in another.
type Judgement struct {
	Schema         string        `json:"schema"`
	By             string        `json:"by"`
	MostLiquidated report.Number `json:"most_liquidated"` // of the rows that could be chosen
	ChosenOn       JudgedSweep   `json:"chosen_on"`
	JudgedOn       JudgedSweep   `json:"judged_on"`
	Rows           int           `json:"rows"`     // with a position in both sweeps
	Eligible       int           `json:"eligible"` // of them in the first
	Choice         Choice        `json:"choice"`
	Best           Choice        `json:"best"` // what would have been chosen on the second, by the same objective
	Correlation    struct {      // Spearman's, of the rows in the two sweeps
		Mean        report.Number `json:"pnl_mean"`
		Shortfall   report.Number `json:"expected_shortfall_95"`
		Liquidation report.Number `json:"liquidation_probability"`
	} `json:"rank_correlation"`
}

// JudgedSweep names one of the two.
type JudgedSweep struct {
	SHA256   string `json:"sweep_sha256"`
	Scenario string `json:"scenario"`
	Data     string `json:"data"`
}

// Choice is a row with its figures in both sweeps. Rank counts from 1, among the rows of both.
type Choice struct {
	Variant    int64    `json:"variant"`
	Values     []string `json:"values"`
	Group      string   `json:"group"`
	ChosenOn   Figures  `json:"chosen_on"`
	JudgedOn   Figures  `json:"judged_on"`
	RankChosen int      `json:"rank_chosen_on"`
	RankJudged int      `json:"rank_judged_on"`
}

// Figures are those that a choice is made by.
type Figures struct {
	Accounts    int64         `json:"accounts"`
	Mean        report.Number `json:"pnl_mean"`
	Shortfall   report.Number `json:"expected_shortfall_95"`
	Liquidation report.Number `json:"liquidation_probability"`
}

// by returns the figure of an objective, the higher the better.
func (f *Figures) by(objective string) float64 {
	if objective == ByShortfall {
		return float64(f.Shortfall)
	}
	return float64(f.Mean)
}

// rowKey joins rows of two sweeps.
type rowKey struct {
	variant int64
	group   string
}

// Judge chooses a row of the first sweep, among those of which at most a share of accounts was liquidated, and finds it in the
// second. Equal rows: the first variant is chosen.
func Judge(chosen, judged, by string, mostLiquidated float64) (*Judgement, error) {
	if by != ByMean && by != ByShortfall {
		return nil, &RequestError{fmt.Errorf("--by %q; expected mean or shortfall", by)}
	}
	a, keys, inA, err := readSweep(chosen)
	if err != nil {
		return nil, err
	}
	b, _, inB, err := readSweep(judged)
	if err != nil {
		return nil, err
	}
	if !reflect.DeepEqual(a.Axes, b.Axes) || a.Design != b.Design {
		return nil, &RequestError{fmt.Errorf("%s and %s vary different keys or values; expected sweeps with the same axes and design", chosen, judged)}
	}
	j := &Judgement{Schema: JudgementSchema, By: by, MostLiquidated: report.Number(mostLiquidated), ChosenOn: named(a), JudgedOn: named(b)}
	var common []rowKey
	var columns [6][]float64
	for _, k := range keys {
		x, y := inA[k], inB[k]
		if y == nil {
			continue
		}
		common = append(common, k)
		for i, v := range []report.Number{x.Mean, y.Mean, x.Shortfall, y.Shortfall, x.Liquidation, y.Liquidation} {
			columns[i] = append(columns[i], float64(v))
		}
	}
	j.Rows = len(common)
	j.Correlation.Mean = report.Number(stats.Spearman(columns[0], columns[1]))
	j.Correlation.Shortfall = report.Number(stats.Spearman(columns[2], columns[3]))
	j.Correlation.Liquidation = report.Number(stats.Spearman(columns[4], columns[5]))
	choice, eligible := best(common, inA, by, mostLiquidated)
	if j.Eligible = eligible; eligible == 0 {
		return nil, fmt.Errorf("%s has no row with a position in both sweeps of which at most %v is liquidated; raise --most-liquidated", chosen, mostLiquidated)
	}
	j.Choice = describe(a, choice, common, inA, inB, by)
	hindsight, eligible := best(common, inB, by, mostLiquidated)
	if eligible == 0 {
		hindsight, _ = best(common, inB, by, 1)
	}
	j.Best = describe(a, hindsight, common, inA, inB, by)
	return j, nil
}

func named(p *Plan) JudgedSweep { return JudgedSweep{p.ID(), p.Scenario.Name, p.Data.Name} }

// best returns the best row within the bound, and how many are within.
func best(keys []rowKey, rows map[rowKey]*Figures, by string, mostLiquidated float64) (choice rowKey, eligible int) {
	top := math.Inf(-1)
	for _, k := range keys {
		f := rows[k]
		if float64(f.Liquidation) > mostLiquidated {
			continue
		}
		if eligible++; f.by(by) > top {
			choice, top = k, f.by(by)
		}
	}
	return choice, eligible
}

func describe(p *Plan, k rowKey, keys []rowKey, inA, inB map[rowKey]*Figures, by string) Choice {
	rank := func(rows map[rowKey]*Figures) int {
		n := 1
		for _, other := range keys {
			if rows[other].by(by) > rows[k].by(by) {
				n++
			}
		}
		return n
	}
	return Choice{Variant: k.variant, Values: p.values(k.variant), Group: k.group, ChosenOn: *inA[k], JudgedOn: *inB[k], RankChosen: rank(inA), RankJudged: rank(inB)}
}

// readSweep reads a finished sweep: its plan, and the figures of the rows with a position in their order, without the crowd.
func readSweep(dir string) (p *Plan, keys []rowKey, rows map[rowKey]*Figures, err error) {
	text, err := os.ReadFile(filepath.Join(dir, PlanFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil, &RequestError{fmt.Errorf("%s is no finished sweep: %s is missing; expected a directory that `backtest sweep` wrote", dir, PlanFile)}
	} else if err != nil {
		return nil, nil, nil, err
	}
	if p, err = parsePlan(text); err != nil {
		return nil, nil, nil, fmt.Errorf("%s: %w", filepath.Join(dir, PlanFile), err)
	}
	if err := report.CheckSweep(dir); err != nil {
		return nil, nil, nil, err
	}
	r, err := columnar.ReadTable(filepath.Join(dir, ResultsFile))
	if err != nil {
		return nil, nil, nil, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	names := []string{"variant", "group", "accounts", "refused", "liquidated", "pnl_mean", "expected_shortfall_95"}
	v := make([]*columnar.Values, len(names))
	for i, name := range names {
		if v[i], err = r.Column(name); err != nil {
			return nil, nil, nil, err
		}
	}
	rows = map[rowKey]*Figures{}
	for {
		n, err := r.Next()
		if errors.Is(err, io.EOF) {
			return p, keys, rows, nil
		}
		if err != nil {
			return nil, nil, nil, err
		}
		for i := range n {
			k, entered := rowKey{v[0].Int64[i], v[1].String[i]}, v[2].Int64[i]-v[3].Int64[i]
			if entered == 0 || k.group == replay.CrowdGroup {
				continue
			}
			keys = append(keys, k)
			rows[k] = &Figures{entered, report.Number(v[5].Float64[i]), report.Number(v[6].Float64[i]), report.Number(float64(v[4].Int64[i]) / float64(entered))}
		}
	}
}

// JSON returns the judgement as it is printed.
func (j *Judgement) JSON() ([]byte, error) {
	b, err := json.MarshalIndent(j, "", "  ")
	return append(b, '\n'), err
}
