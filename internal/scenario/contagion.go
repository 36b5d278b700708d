package scenario

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// Contagion puts several venues under one clock, each with a rulebook, a fund, a crowd and a depth of its own, coupled through the
// index and through arbitrage (docs/MODEL.md section 16).
type Contagion struct {
	Arbitrage HalfLife       `yaml:"arbitrage"` // half-life of a difference of pressure between venues; 0s: one book; none: no arbitrage
	OwnMark   market.Rate    `yaml:"own_mark"`  // part of a venue's own displacement in its mark price; the rest is the index's
	Venues    []CoupledVenue `yaml:"venues"`
}

// HalfLife is a duration, or Never, written none.
type HalfLife market.Time

// Never is the half-life of what does not decay.
const Never HalfLife = -1

// String prints the half-life as scenarios write it.
func (h HalfLife) String() string {
	if h == Never {
		return "none"
	}
	return Duration(h).String()
}

// parseHalfLife reads a duration, 0s, or none.
func parseHalfLife(text string) (HalfLife, error) {
	switch text {
	case "none":
		return Never, nil
	case "0", "0s":
		return 0, nil
	}
	d, err := ParseDuration(text)
	if err != nil {
		return 0, fmt.Errorf("%q is no half-life; expected such as 30s, 0s or none", text)
	}
	return HalfLife(d), nil
}

// CoupledVenue is one of several venues. What it leaves out is the scenario's own.
type CoupledVenue struct {
	Name          string            `yaml:"name,omitempty"` // default: the rulebook's venue, binance of binance/2025-10
	Venue         string            `yaml:"venue"`
	Share         market.Rate       `yaml:"share"`                 // of the data's open interest, which the venue's crowd is scaled to
	DepthShare    *market.Rate      `yaml:"depth_share,omitempty"` // of the data's depth; default: Share
	InsuranceFund *InsuranceFund    `yaml:"insurance_fund,omitempty"`
	Rules         map[string]string `yaml:"rules,omitempty"`   // beside the scenario's rules, which they replace one by one
	Outages       []Outage          `yaml:"outages,omitempty"` // in place of the scenario's
	CutOff        []Span            `yaml:"cut_off,omitempty"`
	Set           []string          `yaml:"set,omitempty"` // key=value, as --set takes them
}

// Span is a time, From <= t < To, in which a venue is cut off: it takes no part in arbitrage, and the index of the others
// leaves it out.
type Span struct {
	From market.Time `yaml:"from"`
	To   market.Time `yaml:"to"`
}

// Label is what the venue is called.
func (v *CoupledVenue) Label() string {
	if v.Name != "" {
		return v.Name
	}
	name, _, _ := strings.Cut(v.Venue, "/")
	return name
}

// Labels are what the venues are called, in their order.
func (c *Contagion) Labels() []string {
	list := make([]string, len(c.Venues))
	for i := range c.Venues {
		list[i] = c.Venues[i].Label()
	}
	return list
}

// depthShare is the venue's share of the data's depth.
func (v *CoupledVenue) depthShare() market.Rate {
	if v.DepthShare == nil {
		return v.Share
	}
	return *v.DepthShare
}

// VenueScenario is the scenario of one of several coupled venues, as it would be run alone.
type VenueScenario struct {
	Name       string
	Scenario   *Scenario
	Share      market.Rate
	DepthShare market.Rate
	CutOff     []Span
}

// Bounds of a section contagion.
const (
	maxCoupled    = 32
	maxVenueShare = 1000 * market.Scale
)

// apart are the keys that all venues share: they make the path that all of them follow, or belong to the run as a whole.
var apart = []string{"schema", "name", "title", "description", "data", "over", "window", "venue", "instruments", "seed", "prices", "counterfactual", "contagion", "paths", "expectations", "statistics"}

func (s *Scenario) validateContagion(f *findings) {
	c := s.Contagion
	if c == nil {
		return
	}
	if s.Prices.Mode == ModeCounterfactual {
		f.add("prices.mode", "counterfactual beside contagion: what the data's path contains of each venue's forced orders is not known; expected history or feedback")
	}
	if s.Prices.Intrabar == "envelope" {
		f.add("prices.intrabar", "envelope beside contagion: coupled venues walk one path; expected one of nearest_first, low_first, high_first, bridge")
	}
	if s.Paths != nil {
		f.add("contagion", "stands beside paths: coupled venues replay one history; take one of the two out")
	}
	if len(s.Over) > 0 {
		f.add("contagion", "stands beside over: coupled venues replay one history; expected data and window in place of over")
	}
	if c.Arbitrage < Never {
		f.add("contagion.arbitrage", "%d; expected a half-life such as 30s, 0s for one book, or none", c.Arbitrage)
	}
	f.within("contagion.own_mark", market.Float(c.OwnMark), 0, 1)
	if n := len(c.Venues); n < 2 || n > maxCoupled {
		f.add("contagion.venues", "%d; expected 2 to %d: one venue alone needs no contagion", n, maxCoupled)
	}
	for i := range c.Venues {
		c.Venues[i].validate(f, "contagion.venues."+itoa(i), c.Venues[:i])
	}
	if len(f.errs) > 0 {
		return
	}
	for i := range c.Venues {
		if _, err := s.coupled(&c.Venues[i]); err != nil {
			f.add("contagion.venues."+itoa(i), "%w", err)
		}
	}
}

func (v *CoupledVenue) validate(f *findings, path string, before []CoupledVenue) {
	if v.Venue == "" {
		f.add(path+".venue", "is empty; expected a rulebook, such as binance/2025-10, or the path of a file")
	} else {
		f.runName(path+".name", v.Label(), "binance")
	}
	if slices.ContainsFunc(before, func(o CoupledVenue) bool { return o.Label() == v.Label() }) {
		f.add(path+".name", "%q stands twice; give each a name of its own", v.Label())
	}
	if v.Share <= 0 || v.Share > maxVenueShare {
		f.add(path+".share", "%v; expected the venue's open interest over the data's, above 0, such as 30%%", v.Share)
	}
	if d := v.depthShare(); v.DepthShare != nil && (d <= 0 || d > maxVenueShare) {
		f.add(path+".depth_share", "%v; expected the venue's depth over the data's, above 0, such as 30%%; left out it is share", d)
	}
	for k, span := range v.CutOff {
		if span.From == 0 || span.To <= span.From {
			f.add(path+".cut_off."+itoa(k), "%s to %s; expected a time after from", span.From, span.To)
		}
	}
	for k, a := range v.Set {
		key, _, _ := strings.Cut(a, "=")
		root, _, _ := strings.Cut(key, ".")
		if slices.Contains(apart, root) {
			f.add(path+".set."+itoa(k), "%s is the same on all venues: they follow one path; change it with --set", key)
		}
	}
}

// CoupledVenues returns the scenario of each venue of the section contagion, in its order, as the venue would be run alone; none
// where there is no such section.
func (s *Scenario) CoupledVenues() ([]VenueScenario, error) {
	if s.Contagion == nil {
		return nil, nil
	}
	var list []VenueScenario
	for i := range s.Contagion.Venues {
		v := &s.Contagion.Venues[i]
		one, err := s.coupled(v)
		if err != nil {
			return nil, s.At("contagion.venues."+itoa(i), err)
		}
		list = append(list, VenueScenario{Name: v.Label(), Scenario: one, Share: v.Share, DepthShare: v.depthShare(), CutOff: v.CutOff})
	}
	return list, nil
}

// coupled returns the scenario of one venue: the file's with the venue's own values, its crowd scaled to its share and drawn from a seed
// of its own, and every depth multiplied by its share of the depth.
func (s *Scenario) coupled(v *CoupledVenue) (*Scenario, error) {
	one := s.Clone()
	one.Contagion, one.Expectations, one.Venue = nil, nil, v.Venue
	if v.InsuranceFund != nil {
		one.InsuranceFund = *v.InsuranceFund
	}
	if len(v.Outages) > 0 {
		one.Outages = slices.Clone(v.Outages)
	}
	for rule, value := range v.Rules {
		if one.Rules == nil {
			one.Rules = map[string]string{}
		}
		one.Rules[rule] = value
	}
	if one.Crowd != nil {
		one.Crowd.Seed = 0 // one that is set is the venue's
	}
	if len(v.Set) > 0 {
		if err := one.Set(v.Set...); err != nil {
			return nil, err
		}
	}
	one.scaleDepth(v.depthShare())
	if c := one.Crowd; c != nil {
		if c.File != "" {
			return nil, fmt.Errorf("crowd.file: one positions file would stand on every venue; expected a crowd that is drawn")
		}
		c.scale(market.Float(v.Share))
		if c.Seed == 0 {
			c.Seed = venueSeed(s.CrowdSeed(), v.Label())
		}
	}
	return one, one.validate()
}

// scaleDepth multiplies every depth by a share, rounded down.
func (s *Scenario) scaleDepth(share market.Rate) {
	factor := market.Rate(market.Scale)
	if s.Execution.DepthFactor != nil {
		factor = *s.Execution.DepthFactor
	}
	product, ok := market.MulDivFloor(int64(factor), int64(share), market.Scale)
	if !ok {
		product = math.MaxInt64 // which validate refuses
	}
	factor = market.Rate(product)
	s.Execution.DepthFactor = &factor
}

// scale multiplies the open interest that the crowd is scaled to.
func (c *Crowd) scale(share float64) {
	c.OpenInterestShare = float64(c.OpenInterestShare * share)
	for i := range c.ByInstrument {
		c.ByInstrument[i].OpenInterestShare = float64(c.ByInstrument[i].OpenInterestShare * share)
	}
}

// venueSeed is the seed of a venue's crowd: a function of seed and name, so that neither the order of venues nor who else is there
// changes it.
func venueSeed(seed uint64, name string) uint64 {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d %s", seed, name))
	return max(binary.BigEndian.Uint64(sum[:8]), 1)
}

// CrowdSeed is the seed from which the crowd is drawn.
func (s *Scenario) CrowdSeed() uint64 {
	if s.Crowd != nil && s.Crowd.Seed != 0 {
		return s.Crowd.Seed
	}
	return s.Seed
}
