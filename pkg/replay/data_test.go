package replay

import (
	"testing"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// A row is labeled with the open of its five minutes and known at their end.
func TestOpenInterestIsReadWhenItIsKnown(t *testing.T) {
	o := &market.OpenInterest{Time: []market.Time{start, start + 5*market.Minute, start + 10*market.Minute}, Size: []market.Qty{1, 2, 3}}
	for _, c := range []struct {
		minute market.Time
		want   market.Qty
	}{
		{-60, 1}, // nothing is known yet: the first row stands in
		{5, 1}, {9, 1},
		{10, 2}, // not the row that is labeled so
		{14, 2}, {15, 3}, {60, 3},
	} {
		if got, at := interestAt(o, start+c.minute*market.Minute); got != c.want || at != o.Time[c.want-1] {
			t.Errorf("minute %d: row %d of %v, expected row %d", c.minute, got, at, c.want)
		}
	}
	if got, at := interestAt(nil, start); got != 0 || at != 0 {
		t.Errorf("without a series: %v at %v", got, at)
	}
}
