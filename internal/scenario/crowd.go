package scenario

import (
	"slices"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// InstrumentShare is the part of one instrument's open interest that the crowd's heavier side holds.
type InstrumentShare struct {
	Symbol            string  `yaml:"symbol"`
	OpenInterestShare float64 `yaml:"open_interest_share"`
}

// LeverageTilt multiplies the weight of each leverage by leverage^exponent, for each side: above 0 is more leverage, below 0
// less.
type LeverageTilt struct {
	Long  float64 `yaml:"long"`
	Short float64 `yaml:"short"`
}

// PositionsWeight gives a number of positions of a cross account its relative frequency.
type PositionsWeight struct {
	Count  int     `yaml:"count"`
	Weight float64 `yaml:"weight"`
}

// CrowdHedged is a share of the accounts that hold one position against something outside of the exchange that gains what it
// loses: a short against spot, or the other leg of a spread. What it is hedged with is no collateral here, so that the
// exchange closes the hedge like any other position.
type CrowdHedged struct {
	Share      float64     `yaml:"share"`       // of accounts
	ShortShare float64     `yaml:"short_share"` // of them, that are short here
	Leverage   market.Rate `yaml:"leverage"`
}

// DistanceWeight gives a stop's distance its relative frequency.
type DistanceWeight struct {
	Distance market.Rate `yaml:"distance"`
	Weight   float64     `yaml:"weight"`
}

// validateDraws checks what refines the distributions that the crowd is drawn from.
func (c *Crowd) validateDraws(f *findings) {
	for i, s := range c.ByInstrument {
		path := "crowd.by_instrument." + itoa(i)
		if !symbolPattern.MatchString(s.Symbol) || slices.ContainsFunc(c.ByInstrument[:i], func(o InstrumentShare) bool { return o.Symbol == s.Symbol }) {
			f.add(path+".symbol", "%q; expected a symbol such as BTCUSDT, once", s.Symbol)
		}
		if !(s.OpenInterestShare > 0 && s.OpenInterestShare <= 1) {
			f.add(path+".open_interest_share", "%v; expected above 0, at most 1", s.OpenInterestShare)
		}
	}
	f.within("crowd.leverage_tilt.long", c.LeverageTilt.Long, -10, 10)
	f.within("crowd.leverage_tilt.short", c.LeverageTilt.Short, -10, 10)
	f.within("crowd.leverage_by_size", c.LeverageBySize, -1, 0)
	for i, p := range c.Positions {
		path := "crowd.positions." + itoa(i)
		if p.Count < 1 || p.Count > 100 {
			f.add(path+".count", "%d; expected 1 to 100", p.Count)
		}
		f.weight(path+".weight", p.Weight)
	}
	f.within("crowd.side_agreement", c.SideAgreement, 0, 1)
	f.within("crowd.size_agreement", c.SizeAgreement, 0, 1)
	for i, d := range c.Stop.Distances {
		path := "crowd.stop.distances." + itoa(i)
		if d.Distance <= 0 || d.Distance >= market.Scale {
			f.add(path+".distance", "%v; expected a distance from entry above 0 and below 1, such as 2%%", d.Distance)
		}
		f.weight(path+".weight", d.Weight)
	}
	if h := c.Hedged; h != nil {
		f.within("crowd.hedged.share", h.Share, 0, 1)
		f.within("crowd.hedged.short_share", h.ShortShare, 0, 1)
		f.leverage("crowd.hedged.leverage", h.Leverage)
	}
}

func (f *findings) weight(path string, w float64) {
	if !(w > 0 && w < 1e9) {
		f.add(path, "%v; expected above 0", w)
	}
}

// validateFile refuses keys of draws beside a file of positions, which would have no effect.
func (c *Crowd) validateFile(f *findings) {
	plain := Crowd{}
	setDefaults(&plain)
	plain.File = c.File
	for _, key := range []struct {
		path string
		same bool
	}{
		{"accounts", c.Accounts == 0}, {"leverage", len(c.Leverage) == 0}, {"notional", c.Notional == plain.Notional},
		{"open_interest_share", c.OpenInterestShare == plain.OpenInterestShare}, {"by_instrument", len(c.ByInstrument) == 0},
		{"long_share", c.LongShare == plain.LongShare}, {"cross_share", c.CrossShare == plain.CrossShare}, {"positions", len(c.Positions) == 0},
		{"cross_positions", c.CrossPositions == plain.CrossPositions}, {"leverage_tilt", c.LeverageTilt == plain.LeverageTilt},
		{"leverage_by_size", c.LeverageBySize == 0}, {"side_agreement", c.SideAgreement == 0}, {"size_agreement", c.SizeAgreement == 0},
		{"hedged", c.Hedged == nil}, {"entry", c.Entry == plain.Entry}, {"stop", c.Stop.Share == 0 && c.Stop.Distance == 0 && len(c.Stop.Distances) == 0},
	} {
		if !key.same {
			f.add("crowd."+key.path, "has no effect beside crowd.file, whose rows say it; drop one of the two")
		}
	}
}
