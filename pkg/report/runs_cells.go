package report

import (
	"fmt"

	"github.com/liquidation-lab/backtest/pkg/replay"
)

// cellRow is one line of the side-by-side table: a name, what it means, and one text a run.
type cellRow struct {
	Name   string
	Detail string
	Cells  []string
}

// row makes a line from a function of a run.
func (c *RunComparison) row(name, detail string, of func(*RunColumn) string) cellRow {
	r := cellRow{Name: name, Detail: detail}
	for i := range c.Runs {
		r.Cells = append(r.Cells, of(&c.Runs[i]))
	}
	return r
}

// ExchangeRows are the figures of the exchange, side by side.
func (c *RunComparison) ExchangeRows() []cellRow {
	rows := []cellRow{
		c.row("rulebook", "", func(r *RunColumn) string { return r.Rulebook.ID }),
		c.row("rulebook sha256", "", func(r *RunColumn) string { return r.Rulebook.SHA256[:min(12, len(r.Rulebook.SHA256))] }),
		c.row("fields unsourced", "of the rulebook", func(r *RunColumn) string {
			return fmt.Sprintf("%s of %s", count(r.Rulebook.Unsourced), count(r.Rulebook.Fields))
		}),
		c.row("liquidated", "notional, crowd and rules under test", func(r *RunColumn) string { return amount(r.Liquidations.Notional) }),
		c.row("liquidated accounts", "", func(r *RunColumn) string { return count(r.Liquidations.Accounts) }),
		c.row("liquidation events", "", func(r *RunColumn) string { return count(r.Liquidations.Events) }),
		c.row("long share", "of liquidated notional", func(r *RunColumn) string { return share(r.Liquidations.LongShare) }),
	}
	if c.hasCrowd() {
		rows = append(rows,
			c.row("crowd liquidated", "notional", func(r *RunColumn) string {
				if f := r.flowOf(crowdGroup); f != nil {
					return amount(f.Notional)
				}
				return "0"
			}),
			c.row("crowd long share", "", func(r *RunColumn) string {
				if f := r.flowOf(crowdGroup); f != nil {
					return share(f.LongShare)
				}
				return "–"
			}))
	}
	rows = append(rows,
		c.row("fund, opening", "insurance funds together", func(r *RunColumn) string { return amount(r.InsuranceFund.Opening) }),
		c.row("fund, closing", "", func(r *RunColumn) string { return amount(r.InsuranceFund.Closing) }),
		c.row("fund, low", "", func(r *RunColumn) string { return amount(r.InsuranceFund.Low) }),
		c.row("auto-deleveraged", "notional", func(r *RunColumn) string { return amount(r.ADL.Notional) }),
		c.row("deleveraged accounts", "", func(r *RunColumn) string { return count(r.ADL.Accounts) }),
		c.row("haircut", "what the deleveraged got less than at the mark", func(r *RunColumn) string { return amount(r.ADL.Haircut) }),
		c.row("socialized loss", "", func(r *RunColumn) string { return amount(r.Socialized) }),
		c.row("fees", "of trades, to the exchange", func(r *RunColumn) string { return amount(r.Fees) }),
		c.row("liquidation fees", "", func(r *RunColumn) string { return amount(r.LiquidationFees) }),
		c.row("funding", "paid by accounts, net", func(r *RunColumn) string { return amount(r.FundingPaid) }),
		c.row("ledger imbalance", "", func(r *RunColumn) string { return r.Ledger.Imbalance }))
	return append(append(rows, c.inventoryRows()...), c.fittingRows()...)
}

const crowdGroup = replay.CrowdGroup

func (c *RunComparison) hasCrowd() bool {
	for i := range c.Runs {
		if c.Runs[i].group(crowdGroup) != nil {
			return true
		}
	}
	return false
}

// fittingRows count what a venue's lots, tiers and limits made of what was asked for.
func (c *RunComparison) fittingRows() []cellRow {
	var rows []cellRow
	if c.hasCrowd() {
		of := func(get func(*CrowdInfo) int) func(*RunColumn) string {
			return func(r *RunColumn) string {
				if r.Crowd == nil {
					return "–"
				}
				return count(get(r.Crowd))
			}
		}
		rows = append(rows,
			c.row("crowd positions", "", of(func(i *CrowdInfo) int { return i.Positions })),
			c.row("crowd, leverage lowered", "positions above their tier's limit", of(func(i *CrowdInfo) int { return i.LeverageLowered })),
			c.row("crowd, below one lot", "positions left out", of(func(i *CrowdInfo) int { return i.BelowOneLot })),
			c.row("crowd, margin raised", "accounts that initial margin would not keep alive", of(func(i *CrowdInfo) int { return i.MarginRaised })),
			c.row("crowd, entered at opening", "accounts that would not have lived to see it", of(func(i *CrowdInfo) int { return i.EnteredAtOpening })))
	}
	return append(rows, c.row("entries refused", "of the rules under test", func(r *RunColumn) string { return count(r.Refused) }))
}

// groupRows are one line for each group, with one figure a run.
func (c *RunComparison) groupRows(of func(*Group) string) []cellRow {
	var rows []cellRow
	for _, name := range c.groupNames() {
		rows = append(rows, c.row(name, "", func(r *RunColumn) string {
			if g := r.group(name); g != nil {
				return of(g)
			}
			return "–"
		}))
	}
	return rows
}

// ProbabilityRows are the liquidation probabilities by group; of how many accounts is said where entries were refused, and
// where that is not as many as in the baseline: shares of other entries are no like with like.
func (c *RunComparison) ProbabilityRows() []cellRow {
	return c.groupRows(func(g *Group) string {
		if base := c.Baseline().group(g.Name); base == nil || g.Refused > 0 || base.Accounts-base.Refused != g.Accounts-g.Refused {
			return fmt.Sprintf("%s of %s", probability(g.LiquidationProbability), count(g.Accounts-g.Refused))
		}
		return probability(g.LiquidationProbability)
	})
}

// PnLRows are mean and median P&L by group.
func (c *RunComparison) PnLRows() []cellRow {
	return c.groupRows(func(g *Group) string { return number(g.PnL.Mean) + " / " + number(g.PnL.Median) })
}

// ShortfallRows are the means of the worst twentieth by group.
func (c *RunComparison) ShortfallRows() []cellRow {
	return c.groupRows(func(g *Group) string { return number(g.PnL.ExpectedShortfall) })
}

// Level is the coverage of the paired intervals, such as 95%; empty without pairs.
func (c *RunComparison) Level() string {
	for _, p := range c.Paired {
		for _, r := range p.Rules {
			return percent(float64(r.Metrics[MetricPnLMean].Level))
		}
	}
	return ""
}

// Fitting says how many pairs were not opened alike: "12 sizes by up to 0.5%, 3 leverages"; empty where all were.
func (p PairedRule) Fitting() string {
	s := ""
	if p.SizesDiffer > 0 {
		s = fmt.Sprintf("%s by up to %s", count(p.SizesDiffer), share(p.LargestSizeGap))
	}
	if p.LeveragesDiffer > 0 {
		if s != "" {
			s += ", "
		}
		s += count(p.LeveragesDiffer) + " leverages"
	}
	return s
}

// Refusals says how many entries of each run were refused and left out: "120 / 3".
func (p PairedRule) Refusals() string {
	return count(p.RefusedHere+p.RefusedInBoth) + " / " + count(p.RefusedInBaseline+p.RefusedInBoth)
}

// Refusing reports whether the run refused any entry of the rules.
func (r *PairedRuns) Refusing() bool {
	for i := range r.Rules {
		if r.Rules[i].Because != "" {
			return true
		}
	}
	return false
}
