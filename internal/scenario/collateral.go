package scenario

import (
	"slices"
	"strings"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// Collateral are the assets that accounts may hold beside quote currency, and whether their prices leave parity (docs/MODEL.md
// section 15).
type Collateral struct {
	Depeg  bool    `yaml:"depeg"` // false: every share is 1 throughout
	Assets []Asset `yaml:"assets"`
}

// Asset is a collateral asset: its price is parity, times the last price of the instrument that it follows, times a share of that
// parity by straight lines between stated points.
type Asset struct {
	Symbol  string       `yaml:"symbol"`
	Haircut market.Rate  `yaml:"haircut"`      // of its value, 0 to below 1: what of it does not count
	Of      string       `yaml:"of,omitempty"` // instrument that it follows; empty: none
	Parity  market.Rate  `yaml:"parity"`       // price in quote, or in units of the instrument that it follows
	Tick    market.Price `yaml:"tick"`
	Lot     market.Qty   `yaml:"lot"`
	Depth   market.Quote `yaml:"depth"` // notional within one percent of mid, throughout
	Path    []AssetPoint `yaml:"path,omitempty"`
}

// AssetPoint is the share of its parity at which an asset trades at a time.
type AssetPoint struct {
	Time  market.Time `yaml:"time"`
	Share market.Rate `yaml:"share"`
}

// CrowdCollateral says which cross accounts of the crowd hold an asset, and how much of their deposit is held in it.
type CrowdCollateral struct {
	Share  float64       `yaml:"share"` // of the cross accounts
	Part   market.Rate   `yaml:"part"`  // of the deposit, at haircut value when the account is opened
	Assets []AssetWeight `yaml:"assets"`
}

// AssetWeight gives an asset its relative frequency among the accounts that hold one.
type AssetWeight struct {
	Symbol string  `yaml:"symbol"`
	Weight float64 `yaml:"weight"`
}

// RuleCollateral is the part of a rule's equity that its accounts hold as an asset, at haircut value when they enter.
type RuleCollateral struct {
	Asset string      `yaml:"asset"`
	Part  market.Rate `yaml:"part"`
}

// maxShare bounds the share of parity at which an asset trades.
const maxShare = 10 * market.Scale

// ShareAt returns the share of its parity at which an asset trades at a time: by straight lines between the points, rounded toward
// the earlier one; before and after them the first and the last one's; 1 without points.
func (a *Asset) ShareAt(t market.Time) market.Rate {
	n := len(a.Path)
	if n == 0 {
		return market.Scale
	}
	if t <= a.Path[0].Time {
		return a.Path[0].Share
	}
	k, _ := slices.BinarySearchFunc(a.Path, t, func(p AssetPoint, t market.Time) int {
		if p.Time <= t {
			return -1
		}
		return 1
	})
	if k == n {
		return a.Path[n-1].Share
	}
	from, to := a.Path[k-1], a.Path[k]
	since, length := int64(t-from.Time), int64(to.Time-from.Time)
	if to.Share < from.Share {
		fall, _ := market.MulDivFloor(int64(from.Share-to.Share), since, length) // at most the whole of it
		return from.Share - market.Rate(fall)
	}
	rise, _ := market.MulDivFloor(int64(to.Share-from.Share), since, length)
	return from.Share + market.Rate(rise)
}

// Asset returns the asset of a symbol.
func (c *Collateral) Asset(symbol string) (*Asset, bool) {
	if c == nil {
		return nil, false
	}
	i := slices.IndexFunc(c.Assets, func(a Asset) bool { return a.Symbol == symbol })
	if i < 0 {
		return nil, false
	}
	return &c.Assets[i], true
}

// HoldsAssets reports whether the scenario says of anybody that he holds a collateral asset.
func (s *Scenario) HoldsAssets() bool {
	if s.Collateral == nil {
		return false
	}
	if s.Crowd != nil && s.Crowd.Collateral != nil {
		return true
	}
	return s.Probes != nil && slices.ContainsFunc(s.Probes.Expand(), func(r PlacedRule) bool { return r.Collateral != nil })
}

// symbols lists the assets in the order of the file.
func (c *Collateral) symbols() []string {
	if c == nil {
		return nil
	}
	list := make([]string, len(c.Assets))
	for i := range c.Assets {
		list[i] = c.Assets[i].Symbol
	}
	return list
}

// leaveOutCollateral takes the assets out, and with them what speaks of them: who holds them and what is expected of them.
func (s *Scenario) leaveOutCollateral() {
	s.Collateral = nil
	if s.Crowd != nil {
		s.Crowd.Collateral = nil
	}
	if p := s.Probes; p != nil {
		for i := range p.Rules {
			p.Rules[i].Collateral = nil
		}
		if p.Factors != nil {
			p.Factors.Collateral = nil
		}
		if e := p.Experiment; e != nil {
			e.Base.Collateral = nil
			for i := range e.Factors {
				for k := range e.Factors[i].Levels {
					e.Factors[i].Levels[k].Collateral = nil
				}
			}
		}
	}
	s.Expectations = slices.DeleteFunc(s.Expectations, func(e Expectation) bool { return strings.Contains(e.Metric, "collateral.") })
}

// validateCollateral checks the assets and who holds them. Rules are checked with the probes.
func (s *Scenario) validateCollateral(f *findings) {
	c := s.Collateral
	if c != nil && len(c.Assets) == 0 {
		f.add("collateral.assets", "is empty; give such as [{symbol: USDE, haircut: 5%%, depth: 10_000_000}], or leave collateral out")
	}
	for i := range c.symbols() {
		s.validateAsset(f, i)
	}
	if s.Crowd == nil || s.Crowd.Collateral == nil {
		return
	}
	h := s.Crowd.Collateral
	if !(h.Share > 0 && h.Share <= 1) {
		f.add("crowd.collateral.share", "%v; expected the share of the cross accounts that hold an asset, above 0, at most 1", h.Share)
	}
	f.part("crowd.collateral.part", h.Part, "deposit")
	if s.Crowd.File == "" && s.Crowd.CrossShare == 0 {
		f.add("crowd.collateral", "only cross accounts hold assets, and crowd.cross_share is 0; raise it, or leave crowd.collateral out")
	}
	if len(h.Assets) == 0 {
		f.add("crowd.collateral.assets", "is empty; give at least one {symbol: USDE, weight: 1}")
	}
	for i, a := range h.Assets {
		path := "crowd.collateral.assets." + itoa(i)
		f.asset(path+".symbol", a.Symbol, c)
		if slices.ContainsFunc(h.Assets[:i], func(o AssetWeight) bool { return o.Symbol == a.Symbol }) {
			f.add(path+".symbol", "%s stands twice; keep one", a.Symbol)
		}
		f.weight(path+".weight", a.Weight)
	}
}

func (s *Scenario) validateAsset(f *findings, i int) {
	c, path := s.Collateral, "collateral.assets."+itoa(i)
	a := &c.Assets[i]
	switch {
	case !symbolPattern.MatchString(a.Symbol):
		f.add(path+".symbol", "%q is no symbol; expected such as USDE", a.Symbol)
	case slices.Contains(s.Instruments, a.Symbol):
		f.add(path+".symbol", "%s is an instrument of the run; an asset has a symbol of its own, such as that of the coin", a.Symbol)
	case slices.Contains(c.symbols()[:i], a.Symbol):
		f.add(path+".symbol", "%s stands twice; keep one", a.Symbol)
	}
	if a.Haircut < 0 || a.Haircut >= market.Scale {
		f.add(path+".haircut", "%v; expected the part of the value that does not count, 0 to below 1, such as 5%%", a.Haircut)
	}
	if a.Of != "" && !symbolPattern.MatchString(a.Of) {
		f.add(path+".of", "%q is no symbol; expected the instrument that the asset follows, such as ETHUSDT", a.Of)
	}
	if a.Parity <= 0 {
		f.add(path+".parity", "%v; expected the price in quote, or in units of the instrument that it follows, above 0", a.Parity)
	}
	if a.Tick <= 0 {
		f.add(path+".tick", "%v; expected the step of its price, above 0, such as 0.0001", a.Tick)
	}
	if a.Lot <= 0 {
		f.add(path+".lot", "%v; expected the step of its size, above 0, such as 0.01", a.Lot)
	}
	if a.Depth <= 0 {
		f.add(path+".depth", "%v; expected the notional that rests within one percent in its book, above 0", a.Depth)
	}
	for k, p := range a.Path {
		at := path + ".path." + itoa(k)
		switch {
		case p.Time == 0:
			f.add(at+".time", "is missing; expected such as 2025-10-10T21:36:00Z")
		case k > 0 && p.Time <= a.Path[k-1].Time:
			f.add(at+".time", "%s; expected a time after that of the point before, %s", p.Time, a.Path[k-1].Time)
		}
		if p.Share < 0 || p.Share > maxShare {
			f.add(at+".share", "%v; expected the price over parity, 0 to 10, such as 0.65", p.Share)
		}
	}
}

// part checks a part of what is deposited.
func (f *findings) part(path string, part market.Rate, of string) {
	if part <= 0 || part > market.Scale {
		f.add(path, "%v; expected the part of the %s that is held as the asset, above 0, at most 1, such as 50%%", part, of)
	}
}

// asset checks that a symbol is that of a collateral asset.
func (f *findings) asset(path, symbol string, c *Collateral) {
	if c == nil {
		f.add(path, "%q: the scenario has no collateral; describe the asset under collateral.assets", symbol)
		return
	}
	f.word(path, symbol, c.symbols())
}

// validate checks what a rule holds.
func (h *RuleCollateral) validate(f *findings, r *PlacedRule, c *Collateral) {
	f.asset(r.Place("collateral.asset"), h.Asset, c)
	f.part(r.Place("collateral.part"), h.Part, "equity")
	if r.Sequential() {
		f.add(r.Place("collateral"), "an account keeps its assets after its position is closed, so that no other can trade on from its equity; set equity_mode: independent, or leave collateral out")
	}
	if r.Margin != "cross" {
		f.add(r.Place("collateral"), "only cross positions are backed by assets, and margin is %s; set margin: cross, or leave collateral out", r.Margin)
	}
}
