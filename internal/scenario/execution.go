package scenario

import (
	"math"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// Execution is the slippage of forced and stop orders: half the spread, plus impact × (notional / depth)^exponent, or what
// walking a profile of the book costs; never more than the cap.
type Execution struct {
	HalfSpread market.Rate  `yaml:"half_spread"`
	Impact     market.Rate  `yaml:"impact"`   // slippage of an order as large as the depth within one percent
	Exponent   float64      `yaml:"exponent"` // 0.5 or 1
	Cap        market.Rate  `yaml:"cap"`
	Depth      market.Quote `yaml:"depth"` // within one percent, where the data has none

	// DepthFactor multiplies every depth of the run: the data's, what stands in for it, the model's, the profile's. Absent, which 1 is
	// kept as: depths are as they are.
	DepthFactor *market.Rate `yaml:"depth_factor,omitempty"`

	// Participation is the share of the depth that the liquidation engine's own orders may take within ParticipationInterval; 0: no bound.
	Participation market.Rate `yaml:"participation,omitempty"`
	// ParticipationInterval absent, which a minute is kept as: a minute; 0: a tick.
	ParticipationInterval *Duration `yaml:"participation_interval,omitempty"`

	DepthOf    []DepthOf   `yaml:"depth_of,omitempty"`    // the same for single instruments
	DepthModel *DepthModel `yaml:"depth_model,omitempty"` // how it changes over time; absent: it does not
	Profile    []Band      `yaml:"profile,omitempty"`     // takes the place of impact and exponent
}

// DepthOf is the depth within one percent of an instrument of which the data has none.
type DepthOf struct {
	Symbol string       `yaml:"symbol"`
	Depth  market.Quote `yaml:"depth"`
}

// DepthModel thins depth that the data does not have with realized volatility.
type DepthModel struct {
	HalvesAt market.Rate `yaml:"halves_at"` // realized volatility over the memory at which half of the depth is left
	Memory   Duration    `yaml:"memory"`    // half-life of squared one-minute returns
	Recovery Duration    `yaml:"recovery"`  // half-life of what is missing
	Floor    float64     `yaml:"floor"`     // least share that is left
}

// Band is one step of a profile of the book: the notional that rests within a distance of mid, cumulative.
type Band struct {
	Distance market.Rate  `yaml:"distance"`
	Notional market.Quote `yaml:"notional"`
}

// maxDepthFactor bounds execution.depth_factor, maxParticipation execution.participation.
const (
	maxDepthFactor   = 1_000_000 * market.Scale
	maxParticipation = 1_000 * market.Scale
)

// defaultParticipationInterval is execution.participation_interval where it is absent.
const defaultParticipationInterval = Duration(market.Minute)

// ParticipationWithin returns the interval that execution.participation holds for, in milliseconds; 0: a tick.
func (e Execution) ParticipationWithin() market.Time {
	if e.ParticipationInterval == nil {
		return market.Time(defaultParticipationInterval)
	}
	return market.Time(*e.ParticipationInterval)
}

// Deepened returns a depth times execution.depth_factor, rounded down, against those who sell into it, but to no less than one unit; what
// does not fit is the largest amount.
func (e Execution) Deepened(depth market.Quote) market.Quote {
	if e.DepthFactor == nil || depth <= 0 {
		return depth
	}
	v, ok := market.MulDivFloor(int64(depth), int64(*e.DepthFactor), market.Scale)
	if !ok {
		return math.MaxInt64
	}
	return market.Quote(max(v, 1))
}

// DepthFor returns the depth within one percent of an instrument of which the data has none, times the depth factor, and whether the
// scenario states it for that instrument alone.
func (e Execution) DepthFor(symbol string) (depth market.Quote, own bool) {
	for _, d := range e.DepthOf {
		if d.Symbol == symbol {
			return e.Deepened(d.Depth), true
		}
	}
	return e.Deepened(e.Depth), false
}

func (e Execution) validate(f *findings) {
	if e.HalfSpread < 0 {
		f.add("execution.half_spread", "%v is negative; orders fill against their sender", e.HalfSpread)
	}
	if e.Impact < 0 {
		f.add("execution.impact", "%v is negative; expected the slippage of an order as large as the depth, such as 0.5%%", e.Impact)
	}
	if e.Exponent != 0.5 && e.Exponent != 1 {
		f.add("execution.exponent", "%v; expected 0.5 (square root) or 1 (linear)", e.Exponent)
	}
	if e.Cap <= 0 || e.Cap >= market.Scale || e.Cap < e.HalfSpread {
		f.add("execution.cap", "%v; expected a ratio above half_spread and below 1, such as 5%%", e.Cap)
	}
	if e.Depth <= 0 {
		f.add("execution.depth", "%v; expected the notional resting within one percent, above 0", e.Depth)
	}
	if k := e.DepthFactor; k != nil && (*k <= 0 || *k > maxDepthFactor) {
		f.add("execution.depth_factor", "%v; expected what multiplies every depth, above 0, at most 1000000, such as 0.5", *k)
	}
	if e.Participation < 0 || e.Participation > maxParticipation {
		f.add("execution.participation", "%v; expected the share of the depth that the liquidation engine may take within execution.participation_interval, at most 1000, such as 10%%, or 0 for no bound", e.Participation)
	}
	if d := e.ParticipationInterval; d != nil && (*d < 0 || *d > Duration(365*market.Day)) {
		f.add("execution.participation_interval", "%s; expected 0 for a tick, or a time such as 1m, at most 365d", *d)
	}
	for i, d := range e.DepthOf {
		path := "execution.depth_of." + itoa(i)
		if !symbolPattern.MatchString(d.Symbol) {
			f.add(path+".symbol", "%q is no symbol; expected such as BTCUSDT", d.Symbol)
		}
		for _, other := range e.DepthOf[:i] {
			if other.Symbol == d.Symbol {
				f.add(path+".symbol", "%s stands twice; keep one", d.Symbol)
			}
		}
		if d.Depth <= 0 {
			f.add(path+".depth", "%v; expected the notional resting within one percent, above 0", d.Depth)
		}
	}
	e.validateProfile(f)
	if m := e.DepthModel; m != nil {
		m.validate(f)
	}
}

func (e Execution) validateProfile(f *findings) {
	var before Band
	for i, b := range e.Profile {
		path := "execution.profile." + itoa(i)
		if b.Distance <= before.Distance || b.Distance > e.Cap {
			f.add(path+".distance", "%v after %v; expected distances from mid that rise, to at most execution.cap, %v", b.Distance, before.Distance, e.Cap)
		}
		if b.Notional <= before.Notional {
			f.add(path+".notional", "%v after %v; expected cumulative notionals that rise", b.Notional, before.Notional)
		}
		before = b
	}
}

func (m *DepthModel) validate(f *findings) {
	if m.HalvesAt <= 0 || m.HalvesAt >= market.Scale {
		f.add("execution.depth_model.halves_at", "%v; expected the realized volatility at which half of the depth is left, above 0 and below 1, such as 0.7%%", m.HalvesAt)
	}
	if m.Memory <= 0 {
		f.add("execution.depth_model.memory", "%s; expected above 0, such as 5m", m.Memory)
	}
	if m.Recovery <= 0 {
		f.add("execution.depth_model.recovery", "%s; expected above 0, such as 1h", m.Recovery)
	}
	if !(m.Floor > 0 && m.Floor <= 1) {
		f.add("execution.depth_model.floor", "%v; expected above 0, at most 1, such as 2%%", m.Floor)
	}
}
