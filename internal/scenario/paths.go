package scenario

import "github.com/liquidation-lab/backtest/pkg/market"

// Paths asks for synthetic paths in the place of history (`backtest montecarlo`): how many, of which kind, and how
// precise the answer should be. docs/MODEL.md has the formulas.
type Paths struct {
	Count int    `yaml:"count"`
	Kind  string `yaml:"kind"`  // bootstrap, shock, jump_diffusion
	Crowd bool   `yaml:"crowd"` // put the scenario's crowd on every path; otherwise the rules trade alone
	// Precision is the half width of an interval over paths that is wanted: of a liquidation probability as it is, of
	// profit and loss as a share of the rule's equity. The report says how many paths that takes.
	Precision float64 `yaml:"precision"`

	// What the kinds are made with; kind chooses one of them, and the others stand by.
	Bootstrap     *Bootstrap     `yaml:"bootstrap,omitempty"`
	Shock         *Shock         `yaml:"shock,omitempty"`
	JumpDiffusion *JumpDiffusion `yaml:"jump_diffusion,omitempty"`
}

// Bootstrap joins blocks of history, all instruments of one time together.
type Bootstrap struct {
	Block   Duration `yaml:"block"`   // length of a block; of stationary blocks the mean
	Lengths string   `yaml:"lengths"` // geometric (stationary bootstrap) or fixed
	// History is the time that blocks are taken from; the scenario's window where absent.
	History Window `yaml:"history,omitempty"`
}

// Shock lays changes over a crash that history has: from At over Length.
type Shock struct {
	At     market.Time `yaml:"at"`
	Length Duration    `yaml:"length"`
	Start  Window      `yaml:"start,omitempty"` // the crash begins uniformly within; absent: where it did
	Scale  Range       `yaml:"scale"`           // of its log-returns, uniform
	Second SecondLeg   `yaml:"second"`
}

// SecondLeg repeats the crash.
type SecondLeg struct {
	Share float64 `yaml:"share"` // of paths
	After Lull    `yaml:"after"` // from the end of the first leg to the second, uniform
	Scale Range   `yaml:"scale"` // of the log-returns of the crash as history has it, uniform
}

// Range is a range of numbers; Low equal to High is one number.
type Range struct {
	Low  float64 `yaml:"low"`
	High float64 `yaml:"high"`
}

// Lull is a range of durations.
type Lull struct {
	Low  Duration `yaml:"low"`
	High Duration `yaml:"high"`
}

// JumpDiffusion is Merton's model, a geometric Brownian motion with jumps, correlated across instruments. A year has 365
// days.
type JumpDiffusion struct {
	Drift       float64          `yaml:"drift"`        // expected growth of the price a year, as a logarithm
	Volatility  float64          `yaml:"volatility"`   // of the diffusion, a year; 0: each instrument's own in history, by bipower variation
	CommonShare float64          `yaml:"common_share"` // correlation between instruments, of the diffusion and of the sizes of jumps
	Jumps       Jumps            `yaml:"jumps"`
	Instruments []InstrumentJump `yaml:"instruments,omitempty"` // that differ
}

// Jumps strike all instruments at the same moments.
type Jumps struct {
	PerDay    float64 `yaml:"per_day"`   // expected number
	Mean      float64 `yaml:"mean"`      // of the log-return of a jump
	Deviation float64 `yaml:"deviation"` // its standard deviation
}

// InstrumentJump is how one instrument differs from the others.
type InstrumentJump struct {
	Symbol     string  `yaml:"symbol"`
	Volatility float64 `yaml:"volatility"` // 0: as the others
	Jump       float64 `yaml:"jump"`       // multiplies the log-return of every jump
}

// Kinds of paths.
const (
	KindBootstrap     = "bootstrap"
	KindShock         = "shock"
	KindJumpDiffusion = "jump_diffusion"
)

// Lengths of blocks.
const (
	LengthsGeometric = "geometric"
	LengthsFixed     = "fixed"
)

var (
	pathKinds    = []string{KindBootstrap, KindShock, KindJumpDiffusion}
	blockLengths = []string{LengthsGeometric, LengthsFixed}
)

// MaxPaths bounds the number of paths: the results of all of them are held until the statistics are made.
const MaxPaths = 1_000_000

// setPathDefaults is setDefaults of the parts of paths.
func setPathDefaults(part any) {
	switch p := part.(type) {
	case *Paths:
		*p = Paths{Count: 1000, Kind: KindBootstrap, Precision: 0.01}
	case *Bootstrap:
		*p = Bootstrap{Block: Duration(market.Hour), Lengths: LengthsGeometric}
	case *Shock:
		*p = Shock{Scale: Range{1, 1}, Second: SecondLeg{Scale: Range{1, 1}, After: Lull{Duration(market.Hour), Duration(market.Hour)}}}
	case *JumpDiffusion:
		*p = JumpDiffusion{CommonShare: 0.7}
	case *InstrumentJump:
		p.Jump = 1
	}
}
