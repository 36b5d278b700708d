package main

import (
	"testing"

	"github.com/liquidation-lab/backtest/data"
	"github.com/liquidation-lab/backtest/pkg/market/columnar"
	"github.com/liquidation-lab/backtest/pkg/risk/venue"
)

// Every embedded rulebook has a linear contract for every symbol of the data that ships, so that a scenario can be run under
// any of them.
func TestRulebooksKnowTheShippedData(t *testing.T) {
	for _, name := range data.Names() {
		files, ok := data.Catalog(name)
		if !ok {
			t.Fatalf("no catalog %s", name)
		}
		c, err := columnar.Open(files, name)
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range venue.IDs() {
			book, err := venue.Load(id)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range c.Series() {
				contract, err := book.Contract(s.Symbol)
				switch {
				case err != nil:
					t.Errorf("%s under %s: %v", s.Symbol, id, err)
				case contract.Kind != venue.Linear || len(contract.Tiers) == 0 && !contract.Margin.Linear || contract.Instrument.Tick <= 0 || contract.Instrument.Lot <= 0:
					t.Errorf("%s under %s: %+v", s.Symbol, id, contract)
				}
			}
		}
	}
}
