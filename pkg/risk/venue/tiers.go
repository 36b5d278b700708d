package venue

import (
	"fmt"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// tiers reads a table and the rest that stands on it.
func (b *builder) tiers(path string, t *table, c *Contract) {
	if len(t.Rows) == 0 {
		b.find("%s: no rows, expected at least one", path)
		return
	}
	rows := t.Rows
	c.Sources.Tiers, c.Sources.Rest, c.SourcedTiers = b.fact(path, span(rows), t.Source, t.Reason), "", len(rows)
	if t.Rest != nil {
		if len(t.Rest.Rows) == 0 {
			b.find("%s.rest: no rows, expected at least one", path)
		} else {
			c.Sources.Rest = b.fact(path+".rest", span(t.Rest.Rows), t.Rest.Source, t.Rest.Reason)
		}
		rows = append(rows[:len(rows):len(rows)], t.Rest.Rows...)
	}
	c.Tiers = b.rows(path, rows, c.Margin.Whole)
	// A requirement that falls as fast as the position's value, or faster, has no liquidation price to be found by.
	if m := &c.Margin; len(c.Tiers) > 0 && (m.IsolatedFee == FeeAtMark || m.CrossFee == FeeAtMark) {
		if top := c.Tiers[len(c.Tiers)-1].MaintenanceMarginRate; top < market.Scale && top+m.Taker >= market.Scale {
			b.find("%s, tier %d: rate is %s and the taker fee within the requirement %s, expected less than 1 together", path, len(c.Tiers), top, m.Taker)
		}
	}
}

// span says a table in a few words.
func span(rows []row) string {
	first, last := rows[0], rows[len(rows)-1]
	if len(rows) == 1 {
		return fmt.Sprintf("1 tier, %s at %sx, to %s", first.Rate.v, first.Leverage.v, first.Cap.v)
	}
	return fmt.Sprintf("%d tiers, %s at %sx to %s at %sx, to %s", len(rows), first.Rate.v, first.Leverage.v, last.Rate.v, last.Leverage.v, last.Cap.v)
}

// rows checks a table: contiguous from 0, rates rising, leverage not rising, amounts that make the margin continuous. Each row is
// checked against the one before as it stands, so that one mistake is one finding.
func (b *builder) rows(path string, rows []row, whole bool) []Tier {
	list := make([]Tier, len(rows))
	var last Tier
	for i, r := range rows {
		at := fmt.Sprintf("%s, tier %d", path, i+1)
		var t Tier
		var fine [5]bool
		t.Floor, fine[0] = read(b, at+", floor", r.Floor)
		t.Cap, fine[1] = read(b, at+", cap", r.Cap)
		t.Leverage, fine[2] = read(b, at+", leverage", r.Leverage)
		t.MaintenanceMarginRate, fine[3] = read(b, at+", rate", r.Rate)
		t.MaintenanceAmount, fine[4] = read(b, at+", amount", r.Amount)
		t.MaxLeverage = int(t.Leverage / market.Scale)
		if fine == [5]bool{true, true, true, true, true} {
			for _, f := range faults(i, t, last, whole) {
				b.find("%s: %s is %s, expected %s", at, f.field, f.got, f.expected)
			}
		}
		list[i], last = t, t
	}
	return list
}

// fault is one value of a tier that contradicts the table; field is a key of row.
type fault struct{ field, got, expected string }

// faults checks a tier against the one before it. Both file formats that have tables, rulebooks and imports, ask here.
func faults(i int, t, last Tier, whole bool) []fault {
	var list []fault
	wrong := func(field string, got fmt.Stringer, format string, args ...any) {
		list = append(list, fault{field, got.String(), fmt.Sprintf(format, args...)})
	}
	switch {
	case t.Floor > last.Cap:
		wrong("floor", t.Floor, "%s, the cap of the tier before (0 for the first): there is a gap", last.Cap)
	case t.Floor < last.Cap:
		wrong("floor", t.Floor, "%s, the cap of the tier before (0 for the first): they overlap", last.Cap)
	}
	if t.Cap <= t.Floor {
		wrong("cap", t.Cap, "more than the floor, %s", t.Floor)
	}
	if t.MaintenanceMarginRate <= last.MaintenanceMarginRate || t.MaintenanceMarginRate >= market.Scale {
		wrong("rate", t.MaintenanceMarginRate, "more than %s and less than 1", last.MaintenanceMarginRate)
	}
	if t.Leverage < market.Scale || i > 0 && t.Leverage > last.Leverage {
		wrong("leverage", t.Leverage, "at least 1 and at most that of the tier before")
	}
	amount, ok := amountOf(i, t, last, whole)
	switch {
	case !ok:
		wrong("amount", t.MaintenanceAmount, "floor %s times rate %s to fit", t.Floor, t.MaintenanceMarginRate)
	case t.MaintenanceAmount != amount:
		wrong("amount", t.MaintenanceAmount, "%s (floor * (rate - previous rate) + previous amount where tiers are marginal, 0 where they are not)", amount)
	}
	return list
}

// amountOf returns the maintenance amount that makes the margin continuous at a tier's floor, rounded down: never in the holder's
// favor. ok is false on overflow.
func amountOf(i int, t, last Tier, whole bool) (amount market.Quote, ok bool) {
	if i == 0 || whole {
		return 0, true
	}
	step, ok := market.MulDivFloor(int64(t.Floor), int64(t.MaintenanceMarginRate-last.MaintenanceMarginRate), market.Scale)
	return last.MaintenanceAmount + market.Quote(step), ok
}
