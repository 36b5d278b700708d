package report

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"path/filepath"
	"slices"

	"github.com/liquidation-lab/backtest/internal/scenario"
	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/market/columnar"
	"github.com/liquidation-lab/backtest/pkg/replay"
)

// probeBook holds the rows of accounts.parquet that are entries of rules.
type probeBook struct {
	order  []string // rules as they first appear
	rules  map[string][]placed
	setups map[int32]setupKey
	reason map[string]string // by rule, why its first refused entry was
}

// placed is one entry of one rule with how it was opened.
type placed struct {
	probe
	size, leverage int64
}

// setupKey is what makes a setup the same in two runs.
type setupKey struct {
	time         market.Time
	symbol, side string
}

func (k setupKey) String() string { return fmt.Sprintf("%s %s at %v", k.symbol, k.side, k.time) }

// accountReader are the columns that a comparison reads.
type accountReader struct {
	rule, setup, symbol, side, entry, outcome, exit, pnl, size, leverage, refusal *columnar.Values
}

func (r *comparedRun) readProbes() (err error) {
	path := filepath.Join(r.Dir, AccountsFile)
	table, err := columnar.ReadTable(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, table.Close()) }()
	var a accountReader
	for name, into := range map[string]**columnar.Values{"rule": &a.rule, "setup": &a.setup, "symbol": &a.symbol, "side": &a.side, "entry_time": &a.entry,
		"outcome": &a.outcome, "outcome_time": &a.exit, "pnl": &a.pnl, "size": &a.size, "leverage": &a.leverage, "refusal": &a.refusal} {
		if *into, err = table.Column(name); err != nil {
			return err
		}
	}
	r.probes = &probeBook{rules: map[string][]placed{}, setups: map[int32]setupKey{}, reason: map[string]string{}}
	for first := 0; ; {
		n, err := table.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		for i := range n {
			if null(a.setup, i) {
				continue // the crowd
			}
			if err := r.probes.add(&a, i); err != nil {
				return fmt.Errorf("%s: row %d: %w", path, first+i, err)
			}
		}
		first += n
	}
}

func null(v *columnar.Values, i int) bool { return v.Null != nil && v.Null[i] }

// add takes in one row. A column of decimals whose values do not fit 64 bits cannot be a run's: prices and amounts do.
func (b *probeBook) add(a *accountReader, i int) error {
	if i >= min(len(a.pnl.Int64), len(a.size.Int64), len(a.leverage.Int64)) {
		return errors.New("pnl, size or leverage exceeds the range of amounts; the file was changed or damaged")
	}
	outcome := slices.Index(outcomes, a.outcome.String[i])
	if outcome < 0 {
		return fmt.Errorf("outcome %q; expected one of %v", a.outcome.String[i], outcomes)
	}
	p := placed{probe: probe{entry: market.Time(a.entry.Int64[i]), pnl: market.Quote(a.pnl.Int64[i]), setup: a.setup.Int32[i], outcome: uint8(outcome)},
		size: a.size.Int64[i], leverage: a.leverage.Int64[i]}
	if !null(a.exit, i) {
		p.exit = market.Time(a.exit.Int64[i])
	}
	rule, key := a.rule.String[i], setupKey{p.entry, a.symbol.String[i], a.side.String[i]}
	if known, ok := b.setups[p.setup]; ok && known != key {
		return fmt.Errorf("setup %d is %v here and %v above; expected one setup", p.setup, key, known)
	}
	b.setups[p.setup] = key
	if _, known := b.rules[rule]; !known {
		b.order = append(b.order, rule)
	}
	if !null(a.refusal, i) && b.reason[rule] == "" {
		b.reason[rule] = a.refusal.String[i]
	}
	b.rules[rule] = append(b.rules[rule], p)
	return nil
}

// sameSetups returns why the setups of two runs are not the same, empty where they are.
func sameSetups(run, base *probeBook) string {
	switch {
	case len(run.setups) == 0 && len(base.setups) == 0:
		return "neither run has rules under test"
	case len(run.setups) == 0:
		return "this run has no rules under test"
	case len(base.setups) == 0:
		return "the baseline has no rules under test"
	case len(run.setups) != len(base.setups):
		return fmt.Sprintf("not the same setups: %s here, %s in the baseline", count(len(run.setups)), count(len(base.setups)))
	}
	for _, id := range slices.Sorted(maps.Keys(base.setups)) {
		here, known := run.setups[id]
		switch {
		case !known:
			return fmt.Sprintf("not the same setups: number %d, %v, is in the baseline only", id, base.setups[id])
		case here != base.setups[id]:
			return fmt.Sprintf("not the same setups: number %d is %v here, %v in the baseline", id, here, base.setups[id])
		}
	}
	return ""
}

// pairRuns compares a run with the baseline, rule by rule.
func pairRuns(run, base *comparedRun) PairedRuns {
	p := PairedRuns{Run: run.name, Baseline: base.name, Rules: []PairedRule{}, Alone: []string{}}
	if p.Unpaired = sameSetups(run.probes, base.probes); p.Unpaired != "" {
		return p
	}
	p.Setups = len(base.probes.setups)
	for _, rule := range base.probes.order {
		if _, both := run.probes.rules[rule]; !both {
			p.Alone = append(p.Alone, rule+": in the baseline only")
			continue
		}
		p.Rules = append(p.Rules, pairRule(rule, run, base))
	}
	for _, rule := range run.probes.order {
		if _, both := base.probes.rules[rule]; !both {
			p.Alone = append(p.Alone, rule+": in this run only")
		}
	}
	if len(p.Rules) == 0 {
		p.Unpaired = "no rule has the same name in both runs"
	}
	return p
}

func pairRule(rule string, run, base *comparedRun) PairedRule {
	a, b := run.probes.rules[rule], base.probes.rules[rule]
	p := PairedRule{Rule: rule, Comparison: compare(scenario.Comparison{A: run.name, B: base.name}, probesOf(a), probesOf(b), base.scenario, max(run.end, base.end))}
	bySetup := func(x, y placed) int { return cmp.Compare(x.setup, y.setup) }
	a, b = slices.SortedFunc(slices.Values(a), bySetup), slices.SortedFunc(slices.Values(b), bySetup)
	gap := 0.0
	for i, j := 0, 0; i < len(a) && j < len(b); {
		if order := cmp.Compare(a[i].setup, b[j].setup); order != 0 {
			i, j = i+max(-order, 0), j+max(order, 0)
			continue
		}
		x, y := &a[i], &b[j]
		i, j = i+1, j+1
		hereRefused, baseRefused := outcomes[x.outcome] == replay.OutcomeRefused, outcomes[y.outcome] == replay.OutcomeRefused
		switch {
		case hereRefused && baseRefused:
			p.RefusedInBoth++
		case hereRefused:
			p.RefusedHere++
		case baseRefused:
			p.RefusedInBaseline++
		default:
			if x.size != y.size {
				p.SizesDiffer++
				gap = max(gap, math.Abs(float64(x.size)/float64(y.size)-1))
			}
			if x.leverage != y.leverage {
				p.LeveragesDiffer++
			}
		}
	}
	p.LargestSizeGap, p.Because = Number(gap), run.probes.reason[rule]
	return p
}

func probesOf(list []placed) []probe {
	out := make([]probe, len(list))
	for i := range list {
		out[i] = list[i].probe
	}
	return out
}
