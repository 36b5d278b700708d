package scenario

import (
	"fmt"
	"regexp"
	"slices"

	"github.com/liquidation-lab/backtest/pkg/market"
)

var (
	namePattern   = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,63}$`)
	symbolPattern = regexp.MustCompile(`^[A-Z0-9]{1,24}(_[A-Z0-9]{1,12})?$`)
)

// Words that a scenario may use.
var (
	modes     = []string{ModeHistory, ModeFeedback, ModeCounterfactual}
	intrabars = []string{"nearest_first", "low_first", "high_first", "bridge", "envelope"}
	marks     = []string{"auto", "last"}
	margins   = []string{"isolated", "cross"}
	equities  = []string{"", "independent", "sequential"}
	qualities = []string{"", "A", "B", "C", "D"}
)

// validate checks every value and every relation between values that the file alone decides.
func (s *Scenario) validate() error {
	f := &findings{source: &s.source}
	if s.Schema != Schema {
		f.add("schema", "%q; expected %s", s.Schema, Schema)
	}
	if !namePattern.MatchString(s.Name) {
		f.add("name", "%q; expected up to 64 of a-z, 0-9, '-', '_' and '.', such as october-10-2025", s.Name)
	}
	if s.Title == "" {
		s.Title = s.Name
	}
	if s.Venue == "" {
		f.add("venue", "is empty; expected a rulebook, such as binance/2025-10, or the path of a file")
	}
	if s.Window.From != 0 && s.Window.To != 0 && s.Window.From >= s.Window.To {
		f.add("window.to", "%s is not after from, %s", s.Window.To, s.Window.From)
	}
	if len(s.Instruments) == 1 && s.Instruments[0] == "all" {
		s.Instruments = nil
	}
	slices.Sort(s.Instruments)
	for i, symbol := range s.Instruments {
		if !symbolPattern.MatchString(symbol) {
			f.add("instruments", "%q is no symbol; expected such as BTCUSDT, or all", symbol)
		} else if i > 0 && s.Instruments[i-1] == symbol {
			f.add("instruments", "%s stands twice; keep one", symbol)
		}
	}
	f.word("prices.intrabar", s.Prices.Intrabar, intrabars)
	f.word("prices.mark", s.Prices.Mark, marks)
	f.within("prices.step", market.Float(s.Prices.Step), 0, 1)
	if k := s.Execution.DepthFactor; k != nil && *k == market.Scale {
		s.Execution.DepthFactor = nil
	}
	if d := s.Execution.ParticipationInterval; d != nil && *d == defaultParticipationInterval {
		s.Execution.ParticipationInterval = nil
	}
	s.Execution.validate(f)
	if s.InsuranceFund.Opening < s.InsuranceFund.Floor {
		f.add("insurance_fund.opening", "%v is below the floor, %v; raise it or lower the floor", s.InsuranceFund.Opening, s.InsuranceFund.Floor)
	}
	s.validateOutages(f)
	s.validateCollateral(f)
	if s.Crowd != nil {
		s.Crowd.validate(f)
	}
	s.validateOver(f)
	if s.Probes != nil {
		if !s.Probes.bounded(f) {
			return f.err()
		}
		s.Probes.validate(f, s.Collateral)
	}
	if s.Crowd == nil && s.Probes == nil {
		f.add("probes", "neither crowd nor probes are given; there is nobody to trade")
	}
	if s.Paths != nil {
		s.Paths.validate(s, f)
	}
	s.validateReport(f)
	s.validateMode(f)
	s.validateContagion(f)
	return f.err()
}

func (f *findings) word(path, word string, known []string) {
	if !slices.Contains(known, word) {
		f.add(path, "%q is unknown; %s", word, didYouMean(word, known))
	}
}

// within reports a float outside of [low, high].
func (f *findings) within(path string, x, low, high float64) {
	if !(x >= low && x <= high) {
		f.add(path, "%v; expected %v to %v", x, low, high)
	}
}

func (c *Crowd) validate(f *findings) {
	if c.File != "" {
		c.validateFile(f)
		return
	}
	c.validateDraws(f)
	if c.Accounts < 1 || c.Accounts > 100_000_000 {
		f.add("crowd.accounts", "%d; expected 1 to 100000000", c.Accounts)
	}
	if !(c.OpenInterestShare > 0 && c.OpenInterestShare <= 1) {
		f.add("crowd.open_interest_share", "%v; expected above 0, at most 1", c.OpenInterestShare)
	}
	if len(c.Leverage) == 0 {
		f.add("crowd.leverage", "is empty; give at least one {leverage: 10, weight: 1}")
	}
	for i, l := range c.Leverage {
		path := "crowd.leverage." + itoa(i)
		f.leverage(path+".leverage", l.Leverage)
		f.weight(path+".weight", l.Weight)
	}
	n := c.Notional
	if n.Min <= 0 || n.Min > n.Median || n.Median > n.Max {
		f.add("crowd.notional", "min %v, median %v, max %v; expected 0 < min <= median <= max", n.Min, n.Median, n.Max)
	}
	if !(n.Tail > 0 && n.Tail <= 100) {
		f.add("crowd.notional.tail", "%v; expected the exponent of a Pareto tail, such as 1.2", n.Tail)
	}
	f.within("crowd.long_share", c.LongShare, 0, 1)
	f.within("crowd.cross_share", c.CrossShare, 0, 1)
	if c.CrossPositions < 1 || c.CrossPositions > 100 {
		f.add("crowd.cross_positions", "%d; expected 1 to 100", c.CrossPositions)
	}
	if c.Entry.LookBack <= 0 {
		f.add("crowd.entry.look_back", "%s; expected above 0, such as 2d", c.Entry.LookBack)
	}
	if c.Entry.Hours <= 0 {
		f.add("crowd.entry.hours", "%s; expected above 0, such as 6h", c.Entry.Hours)
	}
	f.within("crowd.stop.share", c.Stop.Share, 0, 1)
	if c.Stop.Share > 0 && len(c.Stop.Distances) == 0 && (c.Stop.Distance <= 0 || c.Stop.Distance >= market.Scale) {
		f.add("crowd.stop.distance", "%v; expected a distance from entry above 0 and below 1, such as 2%%", c.Stop.Distance)
	}
}

func (f *findings) leverage(path string, l market.Rate) {
	if l < market.Scale || l > 1000*market.Scale {
		f.add(path, "%v; expected 1 to 1000", l)
	}
}

func (p *Probes) validate(f *findings, assets *Collateral) {
	if p.Entries.Kind == "" {
		f.add("probes.entries", "has no kind; give such as {kind: random, count: 1000}")
	}
	if p.Factors != nil {
		if len(p.Factors.Leverage) == 0 {
			f.add("probes.factors.leverage", "is empty; give such as [5, 10, 20]")
		}
		if len(p.Factors.Stop) == 0 {
			f.add("probes.factors.stop", "is empty; give such as [none, 2%%]")
		}
		for i, l := range p.Factors.Leverage {
			f.leverage("probes.factors.leverage."+itoa(i), l)
		}
	}
	rules := p.Expand()
	if len(rules) == 0 {
		f.add("probes.rules", "neither rules, factors nor an experiment are given; there is nothing to test")
	}
	for i, r := range rules {
		if r.Name == "" {
			f.add(r.Place("name"), "is empty; every rule needs a name for the report")
		} else if slices.ContainsFunc(rules[:i], func(o PlacedRule) bool { return o.Name == r.Name }) {
			f.add(r.Place("name"), "%q stands twice; names tell rules apart", r.Name)
		}
		if r.Equity <= 0 {
			f.add(r.Place("equity"), "%v; expected the account's balance before an entry, above 0", r.Equity)
		}
		if r.Sizing.Kind == "" {
			f.add(r.Place("sizing"), "has no kind; give such as {kind: fixed_notional, notional: 1000}")
		}
		if r.Leverage.Kind == "" {
			f.add(r.Place("leverage"), "is absent; give a number, such as 10")
		}
		f.word(r.Place("margin"), r.Margin, margins)
		f.word(r.Place("equity_mode"), r.EquityMode, equities)
		if r.Collateral != nil {
			r.Collateral.validate(f, &r, assets)
		}
		if r.Hold < 0 {
			f.add(r.Place("hold"), "%s is negative", r.Hold)
		}
	}
}

func (s *Scenario) validateReport(f *findings) {
	var names []string
	if s.Probes != nil {
		for _, r := range s.Probes.Expand() {
			names = append(names, r.Name)
		}
	}
	for i, c := range s.Comparisons.Pairs {
		path := fmt.Sprintf("comparisons.pairs.%d", i)
		f.word(path+".a", c.A, names)
		f.word(path+".b", c.B, names)
		if c.A == c.B {
			f.add(path, "compares %q with itself", c.A)
		}
	}
	for i, e := range s.Expectations {
		path := fmt.Sprintf("expectations.%d", i)
		if e.Metric == "" {
			f.add(path+".metric", "is empty; give a path of summary.json, such as liquidations.long_share")
		}
		if e.Low > e.High {
			f.add(path, "low %v is above high %v", e.Low, e.High)
		}
		if e.Source == "" {
			f.add(path+".source", "is empty; a figure without a source is no expectation")
		}
		f.word(path+".quality", e.Quality, qualities)
	}
	s.Statistics.validateWindows(f)
	if !(s.Statistics.Level > 0 && s.Statistics.Level < 1) {
		f.add("statistics.level", "%v; expected above 0 and below 1, such as 0.95", s.Statistics.Level)
	}
	if n := s.Statistics.Resamples; n != 0 && (n < 100 || n > 1_000_000) {
		f.add("statistics.resamples", "%d; expected 100 to 1000000, or 0 for no intervals: fewer have no 2.5th percentile to speak of", n)
	}
}

// validateWindows checks the spans that the summary adds up; their names are keys of summary.json.
func (s *Statistics) validateWindows(f *findings) {
	for i, w := range s.Windows {
		path := fmt.Sprintf("statistics.windows.%d", i)
		if !namePattern.MatchString(w.Name) || slices.ContainsFunc(s.Windows[:i], func(o StatisticsWindow) bool { return o.Name == w.Name }) {
			f.add(path+".name", "%q; expected a name of its own of up to 64 of a-z, 0-9, '-', '_' and '.'", w.Name)
		}
		if w.From >= w.To || w.From%market.Minute != 0 || w.To%market.Minute != 0 {
			f.add(path, "from %s to %s; expected whole minutes, the end after the beginning", w.From, w.To)
		}
	}
}
