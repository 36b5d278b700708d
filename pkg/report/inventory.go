package report

import (
	"fmt"

	"github.com/liquidation-lab/backtest/internal/scenario"
	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/replay"
)

// Inventory is what the liquidation engine carried because its participation was bounded (docs/MODEL.md section 14). Notionals are at
// mark, of fills at their price; results are value or proceeds less the cash that was paid at the takeovers.
type Inventory struct {
	Participation Number  `json:"participation"`                // share of the depth
	Interval      float64 `json:"interval_seconds"`             // 0: a tick
	Peak          string  `json:"peak_notional"`                // the highest at the end of a tick
	PeakTime      string  `json:"peak_time,omitempty"`          // absent where nothing was carried
	PeakResult    string  `json:"peak_result"`                  // at mark, at that moment
	Lowest        string  `json:"lowest_result"`                // at mark, at most 0
	LowestTime    string  `json:"lowest_result_time,omitempty"` // absent where it never was below 0
	// The least of the funds' balances less what was lacking at mark, at the end of a tick.
	FundLow     string `json:"fund_low"`
	FundLowTime string `json:"fund_low_time"`
	// What became of it after the tick of its takeover.
	Sold             string `json:"sold_notional"`
	SoldResult       string `json:"sold_result"`
	Deleveraged      string `json:"deleveraged_notional"`
	Socialized       string `json:"socialized_notional"` // sold when nobody was left to pay for the loss
	SocializedResult string `json:"socialized_result"`
	// What is left when the window ends; the fund's closing balance is without its result.
	Closing       string          `json:"closing_notional"`
	ClosingCash   string          `json:"closing_cash"` // paid for it, of shorts received
	ClosingResult string          `json:"closing_result"`
	Left          []InventoryPart `json:"closing"`
}

// InventoryPart is what is left of an instrument and side.
type InventoryPart struct {
	Symbol string `json:"symbol"`
	Side   string `json:"side"` // of the positions that were taken over
	Size   string `json:"size"`
	Cash   string `json:"cash"`
	Mark   string `json:"mark_price"`
	Result string `json:"result"`
}

// inventory tells what was carried; nil where participation is not bounded.
func inventory(in *replay.Inventory, e scenario.Execution) *Inventory {
	if in == nil {
		return nil
	}
	out := &Inventory{Participation: Number(market.Float(e.Participation)), Interval: float64(e.ParticipationWithin()) / float64(market.Second),
		Peak: in.Peak.String(), PeakResult: in.PeakResult.String(), Lowest: in.Lowest.String(), FundLow: in.FundLow.String(), FundLowTime: in.FundLowTime.String(),
		Sold: in.Sold.String(), SoldResult: in.SoldResult.String(), Deleveraged: in.Deleveraged.String(), Socialized: in.Socialized.String(), SocializedResult: in.SocializedResult.String(),
		Closing: in.Closing.Notional.String(), ClosingCash: in.Closing.Cash.String(), ClosingResult: in.Closing.Result.String(), Left: []InventoryPart{}}
	if !in.Peak.IsZero() {
		out.PeakTime = in.PeakTime.String()
	}
	if !in.Lowest.IsZero() {
		out.LowestTime = in.LowestTime.String()
	}
	for _, p := range in.Left {
		out.Left = append(out.Left, InventoryPart{Symbol: p.Symbol, Side: market.SideOf(p.Size).String(), Size: p.Size.Abs().String(), Cash: p.Cash.String(), Mark: p.Mark.String(), Result: p.Result.String()})
	}
	return out
}

// Lines word what was carried: what, amount, detail.
func (v *Inventory) Lines() [][3]string {
	if v.PeakTime == "" {
		return [][3]string{{"carried inventory", "0", "the books took all that was taken over"}}
	}
	peak := fmt.Sprintf("most, at %s, worth %s against what was paid", clock(v.PeakTime), amount(v.PeakResult))
	if v.LowestTime != "" {
		peak += fmt.Sprintf("; least worth at %s: %s", clock(v.LowestTime), amount(v.Lowest))
	}
	lines := [][3]string{{"carried inventory", amount(v.Peak), peak},
		{"  fund less its lack", amount(v.FundLow), "the least, at " + clock(v.FundLowTime)},
		{"  sold later", amount(v.Sold), "for a result of " + amount(v.SoldResult)},
		{"  deleveraged later", amount(v.Deleveraged), "of the auto-deleveraged"}}
	if v.Socialized != "0" {
		lines = append(lines, [3]string{"  socialized later", amount(v.Socialized), "for a result of " + amount(v.SocializedResult)})
	}
	if v.Closing != "0" {
		lines = append(lines, [3]string{"  left at the end", amount(v.Closing), fmt.Sprintf("worth %s against the %s that was paid; the fund's balance is without it", amount(v.ClosingResult), amount(v.ClosingCash))})
	}
	return lines
}

// participationAssumption says what bounds the liquidation engine.
func participationAssumption(e scenario.Execution) string {
	within := "within a tick"
	if d := e.ParticipationWithin(); d > 0 {
		within = "within " + scenario.Duration(d).String()
	}
	return fmt.Sprintf("the liquidation engine sends at most %s of the depth into a side of a book %s, and carries the rest of what it took over at the insurance fund's risk; the rules under test are not bounded (execution.participation)",
		percent(market.Float(e.Participation)), within)
}

// inventoryRows compares what the runs carried; none where no run was bounded.
func (c *RunComparison) inventoryRows() []cellRow {
	bounded := false
	for i := range c.Runs {
		bounded = bounded || c.Runs[i].InsuranceFund.Inventory != nil
	}
	if !bounded {
		return nil
	}
	of := func(figure func(*Inventory) string) func(*RunColumn) string {
		return func(r *RunColumn) string {
			if v := r.InsuranceFund.Inventory; v != nil {
				return figure(v)
			}
			return "–"
		}
	}
	return []cellRow{
		c.row("carried inventory", "the most, at mark; – where execution.participation is 0", of(func(v *Inventory) string { return amount(v.Peak) })),
		c.row("fund less its lack", "the least", of(func(v *Inventory) string { return amount(v.FundLow) })),
		c.row("carried at the end", "", of(func(v *Inventory) string { return amount(v.Closing) })),
		c.row("result of it at mark", "the fund is without it", of(func(v *Inventory) string { return amount(v.ClosingResult) })),
	}
}
