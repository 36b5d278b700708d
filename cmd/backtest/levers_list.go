package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/liquidation-lab/backtest/internal/scenario"
	"github.com/liquidation-lab/backtest/pkg/market"
)

// lever is one change of a scenario that `levers` tries: what it is called, what was asked for, and the keys that it sets.
type lever struct {
	title string // "insurance fund x0.5"
	asked string // "fund=x0.5"
	set   []string
	notes []string
}

// leverKind is a lever with a name of its own.
type leverKind struct {
	name, title string
	keys        string // that it sets, for the help
	values      string // that it takes, for the help
	set         func(base *scenario.Scenario, value string) (set, notes []string, err error)
}

// leverKinds are the levers of an exchange's designer, in the order of the help.
var leverKinds = []leverKind{
	{"fund", "insurance fund", "insurance_fund.opening", "x0.5, or an amount", setFund},
	{"max-leverage", "maximum leverage", "rules.max_leverage", "20x", setRule("max_leverage")},
	{"maintenance", "maintenance margin of every tier", "rules.maintenance_factor", "x1.5", setMaintenance},
	{"liquidation-fee", "liquidation fee", "rules.liquidation_fee_rate", "0.5%", setRate("liquidation_fee_rate")},
	{"partial-steps", "first liquidation step", "rules.liquidation_step, step_fraction, step_threshold, cooldown_seconds", "20%", setPartialSteps},
	{"adl", "ADL shared out by", "rules.adl_allocation", "pro_rata_pnl", setRule("adl_allocation")},
	{"depth", "depth", "execution.depth_factor", "x0.5", setDepth},
	{"participation", "participation of the liquidation engine", "execution.participation", "10%", setParticipation},
	{"stop-share", "accounts with a stop", "crowd.stop.share", "50%", setStopShare},
}

// defaultLevers are tried where none is asked for.
var defaultLevers = []string{"fund=x0", "fund=x0.5", "fund=x2", "max-leverage=20x", "max-leverage=10x", "maintenance=x1.5", "liquidation-fee=0.5%",
	"liquidation-fee=2%", "partial-steps=20%", "adl=pro_rata_pnl", "depth=x0.5", "depth=x2", "participation=10%", "stop-share=50%"}

// Where partial steps are asked for, positions above stepThreshold are closed by a fraction first, and whole within stepCooldown seconds
// after it: Hyperliquid's figures (its rulebook has the source).
const (
	stepThreshold = "100000"
	stepCooldown  = "30"
)

// stopDistance is how far from entry stops lie where the scenario has none to take it from; an assumption, which is said.
const stopDistance = "5%"

// leverFixed are the keys that make what the runs are compared on.
var leverFixed = []string{"schema", "name", "title", "description", "data", "window", "over", "venue", "instruments", "seed", "prices", "paths", "contagion", "counterfactual", "events", "comparisons",
	"expectations", "statistics"}

// leverWhole are the parts of a scenario that a lever may replace as a whole.
var leverWhole = []string{"rules", "execution", "insurance_fund", "outages", "crowd", "collateral", "probes"}

// parseLever reads KEY=VALUE, where KEY is the name of a kind or a scenario's key.
func parseLever(base *scenario.Scenario, text string) (lever, error) {
	key, value, ok := strings.Cut(text, "=")
	if !ok || key == "" || value == "" {
		return lever{}, fmt.Errorf("expected KEY=VALUE, such as fund=x0.5 or insurance_fund.opening=1000000")
	}
	for i := range leverKinds {
		if k := &leverKinds[i]; k.name == key {
			set, notes, err := k.set(base, value)
			return lever{title: k.title + " " + value, asked: text, set: set, notes: notes}, err
		}
	}
	root, _, _ := strings.Cut(key, ".")
	if slices.Contains(leverFixed, root) {
		return lever{}, fmt.Errorf("%s is the same in all runs; change it with --set for all of them, or put runs side by side with `backtest compare`", key)
	}
	if root == key && !slices.Contains(leverWhole, key) {
		return lever{}, fmt.Errorf("%q is neither a lever (%s) nor a key of the scenario that a lever changes, such as insurance_fund.opening", key, leverNames())
	}
	return lever{title: text, asked: text, set: []string{text}}, nil
}

// multiple reads xN or Nx.
func multiple(text string) (k market.Rate, ok bool, err error) {
	number, before := strings.CutPrefix(text, "x")
	if !before {
		var after bool
		if number, after = strings.CutSuffix(text, "x"); !after {
			return 0, false, nil
		}
	}
	if k, err = market.Parse[market.Rate](number); err != nil || k < 0 {
		return 0, true, fmt.Errorf("%q is no multiple; expected such as x0.5 or x2", text)
	}
	return k, true, nil
}

func setFund(base *scenario.Scenario, value string) (set, notes []string, err error) {
	k, times, err := multiple(value)
	if err != nil {
		return nil, nil, err
	}
	if times {
		opening := base.InsuranceFund.Opening
		if opening == 0 {
			return nil, nil, fmt.Errorf("the baseline's insurance_fund.opening is 0, of which every multiple is 0; expected an amount, such as fund=1000000")
		}
		v, ok := market.MulDivFloor(int64(opening), int64(k), market.Scale)
		if !ok {
			return nil, nil, fmt.Errorf("%v times %v does not fit; expected an amount of at most 92 billion", opening, k)
		}
		value = market.Format(market.Quote(v))
	}
	return []string{"insurance_fund.opening=" + value}, nil, nil
}

func setRule(rule string) func(*scenario.Scenario, string) ([]string, []string, error) {
	return func(_ *scenario.Scenario, value string) (set, notes []string, err error) {
		return []string{"rules." + rule + "=" + value}, nil, nil
	}
}

// setRate changes a rule that is a ratio, written as 0.5% or 0.005.
func setRate(rule string) func(*scenario.Scenario, string) ([]string, []string, error) {
	return func(_ *scenario.Scenario, value string) (set, notes []string, err error) {
		r, err := scenario.ParseRate(value)
		if err != nil {
			return nil, nil, err
		}
		return []string{"rules." + rule + "=" + market.Format(r)}, nil, nil
	}
}

// setMaintenance takes a multiple of what the baseline asks for: a factor of its own is multiplied.
func setMaintenance(base *scenario.Scenario, value string) (set, notes []string, err error) {
	const key = "maintenance_factor"
	k, times, err := multiple(value)
	if err != nil {
		return nil, nil, err
	}
	if !times {
		return []string{"rules." + key + "=" + value}, nil, nil
	}
	if text, has := base.Rules[key]; has {
		own, err := market.Parse[market.Rate](text)
		if err != nil {
			return nil, nil, fmt.Errorf("the baseline's rules.%s: %w", key, err)
		}
		if k, err = multiplied("rules."+key, own, k); err != nil {
			return nil, nil, err
		}
	}
	return []string{"rules." + key + "=" + market.Format(k)}, nil, nil
}

// multiplied is k times the value that the baseline has of a key.
func multiplied(key string, own, k market.Rate) (market.Rate, error) {
	v, ok := market.MulDivFloor(int64(own), int64(k), market.Scale)
	if !ok {
		return 0, fmt.Errorf("%v times the baseline's %s, %v, does not fit; expected a smaller multiple", k, key, own)
	}
	return market.Rate(v), nil
}

func setPartialSteps(_ *scenario.Scenario, value string) (set, notes []string, err error) {
	r, err := scenario.ParseRate(value)
	if err != nil {
		return nil, nil, err
	}
	return []string{"rules.liquidation_step=fraction_first", "rules.step_fraction=" + market.Format(r), "rules.step_threshold=" + stepThreshold,
		"rules.cooldown_seconds=" + stepCooldown}, []string{"positions of at most " + stepThreshold + " are closed whole, and so are orders within " + stepCooldown + " s after a partial one"}, nil
}

func setDepth(base *scenario.Scenario, value string) (set, notes []string, err error) {
	k, times, err := multiple(value)
	if err != nil {
		return nil, nil, err
	}
	if !times {
		return []string{"execution.depth_factor=" + value}, nil, nil
	}
	if own := base.Execution.DepthFactor; own != nil {
		if k, err = multiplied("execution.depth_factor", *own, k); err != nil {
			return nil, nil, err
		}
	}
	return []string{"execution.depth_factor=" + market.Format(k)}, nil, nil
}

// setParticipation bounds what the liquidation engine sends into a book, or with 0 does not; xN is a multiple of the baseline's bound.
func setParticipation(base *scenario.Scenario, value string) (set, notes []string, err error) {
	k, times, err := multiple(value)
	if err != nil {
		return nil, nil, err
	}
	own := base.Execution.Participation
	if !times {
		if k, err = scenario.ParseRate(value); err != nil {
			return nil, nil, err
		}
	} else {
		if own == 0 {
			return nil, nil, fmt.Errorf("the baseline's execution.participation is 0, no bound, of which there is no multiple; expected a share of the depth, such as participation=10%%")
		}
		v, ok := market.MulDivFloor(int64(own), int64(k), market.Scale)
		if !ok || v == 0 {
			return nil, nil, fmt.Errorf("%v times the baseline's execution.participation, %v, is 0 or does not fit; expected another multiple, or participation=0 for no bound", k, own)
		}
		k = market.Rate(v)
	}
	if k == 0 && own > 0 {
		notes = []string{"0 is no bound"}
	}
	return []string{"execution.participation=" + market.Format(k)}, notes, nil
}

func setStopShare(base *scenario.Scenario, value string) (set, notes []string, err error) {
	if base.Crowd == nil {
		return nil, nil, fmt.Errorf("the baseline has no crowd")
	}
	set = []string{"crowd.stop.share=" + value}
	switch s := base.Crowd.Stop; {
	case len(s.Distances) > 0:
		notes = []string{"an account with a stop draws the stop's distance before its positions: accounts that gain or lose one have other positions than in the baseline"}
	case s.Distance == 0:
		set = append(set, "crowd.stop.distance="+stopDistance)
		notes = []string{"the baseline states no distance of stops; " + stopDistance + " from entry is assumed"}
	}
	return set, notes, nil
}

// leverNames lists the names of levers.
func leverNames() string {
	names := make([]string, len(leverKinds))
	for i := range leverKinds {
		names[i] = leverKinds[i].name
	}
	return strings.Join(names, ", ")
}

// leverHelp lists the names of levers with the keys that they set.
func leverHelp() string {
	var b strings.Builder
	for _, k := range leverKinds {
		fmt.Fprintf(&b, "  %-16s %-21s %s\n", k.name, k.values, k.keys)
	}
	return b.String()
}
