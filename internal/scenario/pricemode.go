package scenario

import (
	"slices"
	"strings"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// Modes of prices (docs/adr/0005-price-modes.md).
const (
	ModeHistory        = "history"        // recorded prices contain what forced selling did; no order moves them
	ModeFeedback       = "feedback"       // the path of the data, moved by the forced orders of the run
	ModeCounterfactual = "counterfactual" // the path of the data, moved by the difference of two runs' forced orders
)

// Impacts of forced flow on prices.
const (
	ImpactLinear     = "linear"
	ImpactSquareRoot = "square_root"
	ImpactProfile    = "profile" // walks execution.profile
)

// Flows: whose forced orders move prices.
const (
	FlowCrowd = "crowd" // rules under test are alternatives to each other and never stand in the market together
	FlowAll   = "all"
)

// Feedback is how forced orders move prices: flow, in multiples of the depth within one percent, to a displacement.
type Feedback struct {
	Impact      string      `yaml:"impact"`      // linear, square_root, profile
	Coefficient market.Rate `yaml:"coefficient"` // displacement after a flow as large as the depth
	HalfLife    Duration    `yaml:"half_life"`   // of the displacement's transient part
	Share       float64     `yaml:"share"`       // permanent part of the impact
	Rounds      int         `yaml:"rounds"`      // moves of the displacement at one moment, at most
	Cap         market.Rate `yaml:"cap"`         // largest displacement
	Flow        string      `yaml:"flow"`        // crowd, all
}

// Counterfactual is what the altered run has otherwise.
type Counterfactual struct {
	Set []string `yaml:"set,omitempty"` // key=value, as --set takes them
}

func (f *Feedback) validate(out *findings, e Execution) {
	out.word("prices.feedback.impact", f.Impact, []string{ImpactLinear, ImpactSquareRoot, ImpactProfile})
	if f.Impact == ImpactProfile && len(e.Profile) == 0 {
		out.add("prices.feedback.impact", "profile walks execution.profile, which is absent; give one, or linear or square_root")
	}
	if f.Coefficient < 0 || f.Coefficient > market.Scale {
		out.add("prices.feedback.coefficient", "%v; expected the displacement after a flow as large as the depth, 0 to 1, such as 1%%", f.Coefficient)
	}
	if f.HalfLife <= 0 {
		out.add("prices.feedback.half_life", "%s; expected above 0, such as 5m", f.HalfLife)
	}
	out.within("prices.feedback.share", f.Share, 0, 1)
	if f.Rounds < 1 || f.Rounds > 1_000_000 {
		out.add("prices.feedback.rounds", "%d; expected 1 to 1000000", f.Rounds)
	}
	if f.Cap <= 0 || f.Cap > 90*market.Scale/100 {
		out.add("prices.feedback.cap", "%v; expected the largest displacement, above 0, at most 0.9", f.Cap)
	}
	out.word("prices.feedback.flow", f.Flow, []string{FlowCrowd, FlowAll})
}

// fixed are the keys that both runs of a counterfactual share: they make the path that both follow.
var fixed = []string{"schema", "name", "title", "description", "data", "window", "over", "paths", "venue", "instruments", "prices", "counterfactual", "contagion", "expectations", "statistics"}

// validateMode completes and checks what the mode of prices needs.
func (s *Scenario) validateMode(f *findings) {
	f.word("prices.mode", s.Prices.Mode, modes)
	if s.Prices.Mode != ModeHistory && s.Prices.Feedback == nil {
		s.Prices.Feedback = &Feedback{}
		setDefaults(s.Prices.Feedback)
	}
	if s.Prices.Feedback != nil {
		s.Prices.Feedback.validate(f, s.Execution)
	}
	if s.Counterfactual == nil || len(s.Counterfactual.Set) == 0 {
		return
	}
	if s.Prices.Mode == ModeHistory || s.Prices.Mode == ModeFeedback {
		f.add("counterfactual.set", "is of use with prices.mode counterfactual only; this one is %s", s.Prices.Mode)
	}
	sound := true
	for i, a := range s.Counterfactual.Set {
		key, _, _ := strings.Cut(a, "=")
		root, _, _ := strings.Cut(key, ".")
		if slices.Contains(fixed, root) || key == "seed" && s.Prices.Intrabar == "bridge" {
			f.add("counterfactual.set."+itoa(i), "%s is the same in both runs of a counterfactual: both follow one path under one rulebook; change it with --set, or compare two runs", key)
			sound = false
		}
		if rule, ok := strings.CutPrefix(key, "rules."); key == "rules" || ok && s.Rules[rule] != "" {
			f.add("counterfactual.set."+itoa(i), "%s: alter single rules (rules.max_leverage=20x) that the scenario's own rules leave as they are: a change of a changed rule would be made on top of it", key)
			sound = false
		}
	}
	if sound && len(f.errs) == 0 {
		if _, err := s.Altered(); err != nil {
			f.add("counterfactual.set", "%w", err)
		}
	}
}

// Altered returns the scenario with what its counterfactual changes; in other modes, and with nothing altered, a copy.
func (s *Scenario) Altered() (*Scenario, error) {
	before := *s
	before.Counterfactual = nil
	altered, err := Parse(s.source.name, before.Canonical())
	if err != nil || s.Counterfactual == nil {
		return altered, err
	}
	return altered, altered.Set(s.Counterfactual.Set...)
}
