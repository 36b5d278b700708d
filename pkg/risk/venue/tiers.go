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
			b.row(at, i, t, last, whole)
		}
		list[i], last = t, t
	}
	return list
}

func (b *builder) row(at string, i int, t, last Tier, whole bool) {
	if t.Floor != last.Cap {
		b.find("%s: floor is %s, expected %s, the cap of the tier before (0 for the first)", at, t.Floor, last.Cap)
	}
	if t.Cap <= t.Floor {
		b.find("%s: cap is %s, expected more than the floor, %s", at, t.Cap, t.Floor)
	}
	if t.MaintenanceMarginRate <= last.MaintenanceMarginRate || t.MaintenanceMarginRate >= market.Scale {
		b.find("%s: rate is %s, expected more than %s and less than 1", at, t.MaintenanceMarginRate, last.MaintenanceMarginRate)
	}
	if t.Leverage < market.Scale || i > 0 && t.Leverage > last.Leverage {
		b.find("%s: leverage is %s, expected at least 1 and at most that of the tier before", at, t.Leverage)
	}
	amount := market.Quote(0)
	if i > 0 && !whole {
		step, ok := market.MulDivFloor(int64(t.Floor), int64(t.MaintenanceMarginRate-last.MaintenanceMarginRate), market.Scale)
		if !ok {
			b.find("%s: floor %s times rate %s does not fit", at, t.Floor, t.MaintenanceMarginRate)
			return
		}
		amount = last.MaintenanceAmount + market.Quote(step)
	}
	if t.MaintenanceAmount != amount {
		b.find("%s: amount is %s, expected %s (floor * (rate - previous rate) + previous amount where tiers are marginal, 0 where they are not)", at, t.MaintenanceAmount, amount)
	}
}
