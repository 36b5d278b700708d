package report

import (
	"path/filepath"
	"testing"

	"github.com/liquidation-lab/backtest/pkg/risk"
)

// What the run's figures are made of comes back from the spool as it went in: all of an event but what the replay has summed already
// (Deficit, BookDeficit) or uses alone (Exempt).
func TestEventsComeBackFromTheSpool(t *testing.T) {
	s, err := newSpool(filepath.Join(t.TempDir(), "events"), eventWords)
	if err != nil {
		t.Fatal(err)
	}
	want := []risk.Event{
		{Time: 1, Sequence: 2, Round: 3, Kind: risk.Insurance, Side: -1, Instrument: 4, Account: risk.TheExchange, Size: 5, Price: 6, Mark: 7, Notional: 8, RealizedPnL: -9, Fee: 10, FundDelta: -11, Book: true},
		{Time: 1, Sequence: 3, Kind: risk.Insurance, FundDelta: -1},
		{Time: 2, Sequence: 4, Kind: risk.Liquidation, Book: true},
	}
	r := &Run{events: s, row: make([]int64, 0, eventWords)}
	for i := range want {
		if err := r.Event(&want[i]); err != nil {
			t.Fatal(err)
		}
	}
	i := 0
	err = s.each(func(words []int64) error {
		if got := eventOf(words); got != want[i] {
			t.Errorf("%+v came back as %+v", want[i], got)
		}
		i++
		return nil
	})
	if err != nil || i != len(want) {
		t.Errorf("%d of %d events, %v", i, len(want), err)
	}
}
