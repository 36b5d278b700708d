package report

import (
	"strings"
	"testing"

	"github.com/liquidation-lab/backtest/pkg/risk/venue"
)

// What the report counts is what the rulebook lists.
func TestUnsourcedFieldsAreCountedAsListed(t *testing.T) {
	for _, e := range venue.List() {
		book, err := venue.Load(e.ID)
		if err != nil {
			t.Fatal(err)
		}
		info := rulebookInfo(book)
		if info.Unsourced != len(book.Unsourced()) || info.Fields != len(book.Facts()) || info.Fields <= info.Unsourced || info.SHA256 != book.Hash() {
			t.Errorf("%s: %d of %d fields unsourced, the rulebook lists %d of %d", e.ID, info.Unsourced, info.Fields, len(book.Unsourced()), len(book.Facts()))
		}
		policies := map[string]bool{}
		for _, f := range info.Policies {
			policies[f.Path] = true
			if f.Sourced && strings.HasPrefix(f.Source, "unsourced: ") {
				t.Errorf("%s: %s is sourced: %v, by %q", e.ID, f.Path, f.Sourced, f.Source)
			}
		}
		for _, want := range []string{"policies.trigger", "policies.liquidation_step", "policies.adl_score", "fees.taker"} {
			if !policies[want] {
				t.Errorf("%s: the report lacks %s", e.ID, want)
			}
		}
	}
}

func TestFieldsOfOtherContractsAreCountedOnly(t *testing.T) {
	s := &Summary{Unsourced: []string{"fees.maker: guess", "BTCUSDT.tick: guess", "BTC.lot: guess", "XRPUSDT.tick: guess", "default.tiers: guess"},
		Market: MarketSummary{Instruments: []InstrumentMarket{{Symbol: "BTCUSDT"}}}}
	shown, rest := relevant(s)
	if got := strings.Join(shown, " "); got != "fees.maker BTCUSDT.tick BTC.lot default.tiers" || rest != 1 {
		t.Errorf("%s, and %d more", got, rest)
	}
}
