package report

// Experiment is a designed experiment as summary.json has it: effects of factors on what became of the same entries. All
// figures are over the entries that every cell entered; an entry that one cell was refused is left out of all of them.
type Experiment struct {
	Factors    []ExperimentFactor `json:"factors"`
	Generators []string           `json:"generators,omitempty"` // of a fraction, as the scenario states them
	Cells      []ExperimentCell   `json:"cells"`
	Entries    int                `json:"entries"`  // that every cell entered
	LeftOut    int                `json:"left_out"` // refused to at least one cell
	Blocks     int                `json:"blocks"`   // of neighboring entries, which are resampled together
	BlockSize  int                `json:"block_entries"`
	Method     string             `json:"method"`
	Level      Number             `json:"level"` // of the intervals
	Tests      int                `json:"tests"` // p-values of Effects, which are adjusted together (Holm)
	Effects    []Effect           `json:"effects"`
	Within     *WithinFactor      `json:"within,omitempty"`
}

// ExperimentFactor is a factor and its levels, the first of which the others are compared with.
type ExperimentFactor struct {
	Name   string   `json:"name"`
	Levels []string `json:"levels"`
}

// ExperimentCell is one rule of an experiment.
type ExperimentCell struct {
	Rule                   string   `json:"rule"`
	Levels                 []string `json:"levels"` // one a factor
	Refused                int      `json:"refused"`
	Because                string   `json:"refused_because,omitempty"` // of the first entry that was refused
	LiquidationProbability Number   `json:"liquidation_probability"`
	PnLMean                Number   `json:"pnl_mean"`
	ExpectedShortfall      Number   `json:"expected_shortfall_95"`
}

// Effect is a main effect (one factor) or an interaction (more): docs/STATISTICS.md has the formula.
type Effect struct {
	Name    string       `json:"name"`
	Factors []EffectPart `json:"factors"`
	// Aliases are effects that the design cannot tell apart from this one: the figures are of their sum.
	Aliases []string `json:"aliases,omitempty"`
	Changes
}

// EffectPart is a factor's part in an effect: its mean at a level less that at the level it is compared with.
type EffectPart struct {
	Factor  string `json:"factor"`
	Level   string `json:"level"`
	Against string `json:"against"`
}

// Changes are what an effect or a level does to the three figures.
type Changes struct {
	LiquidationProbability Change `json:"liquidation_probability"`
	PnLMean                Change `json:"pnl_mean"`              // quote per entry; above zero: kept more
	ExpectedShortfall      Change `json:"expected_shortfall_95"` // quote, in the sign of P&L; above zero: lost less
}

// Change is an estimate with its interval, the p-value of no change and the same after Holm's correction.
type Change struct {
	Estimate Number `json:"estimate"`
	Low      Number `json:"low"`
	High     Number `json:"high"`
	P        Number `json:"p_value"`
	Adjusted Number `json:"p_adjusted"`
}

// metric is the change as tables print differences.
func (c Change) metric() Metric { return Metric{Difference: c.Estimate, Low: c.Low, High: c.High} }

// Points prints a change of a probability in percentage points with its interval.
func (c Change) Points() string { return points(c.metric()) }

// Money prints a change of an amount with its interval.
func (c Change) Money() string { return money(c.metric()) }

// Significance prints the adjusted p-value.
func (c Change) Significance() string { return pvalue(Metric{PValue: &c.Adjusted}) }

// WithinFactor compares the levels of one factor in every combination of the others: where it helps, and where it hurts.
type WithinFactor struct {
	Factor string      `json:"factor"`
	Others []string    `json:"others"` // the other factors
	Tests  int         `json:"tests"`  // p-values of Rows, which are adjusted together
	Rows   []WithinRow `json:"rows"`
}

// WithinRow is one combination of the other factors' levels: the factor at Level less the factor at Against.
type WithinRow struct {
	Levels  []string `json:"levels"` // of Others
	Level   string   `json:"level"`
	Against string   `json:"against"`
	A       string   `json:"a"` // rules
	B       string   `json:"b"`
	Changes
}

// Refused lists the cells that were refused entries.
func (e *Experiment) Refused() (list []ExperimentCell) {
	for _, c := range e.Cells {
		if c.Refused > 0 {
			list = append(list, c)
		}
	}
	return list
}

// Fraction reports that not all combinations were run.
func (e *Experiment) Fraction() bool { return len(e.Generators) > 0 }
