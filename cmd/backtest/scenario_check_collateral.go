package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// collateral looks at the assets beside the instruments of the run: what they follow, whether anybody holds them, and whether their
// paths lie in the window, which is that of the candles where the scenario leaves it open.
func (k *scenarioCheck) collateral(symbols []string, from, to market.Time) {
	s := k.scenario
	if s.Collateral == nil {
		return
	}
	if w := s.Window; w.From != 0 {
		from = w.From
	}
	if w := s.Window; w.To != 0 {
		to = w.To
	}
	held := map[string]bool{}
	if s.Crowd != nil && s.Crowd.Collateral != nil {
		for _, a := range s.Crowd.Collateral.Assets {
			held[a.Symbol] = true
		}
	}
	if s.Probes != nil {
		for _, r := range s.Probes.Expand() {
			if r.Collateral != nil {
				held[r.Collateral.Asset] = true
			}
		}
	}
	for i, a := range s.Collateral.Assets {
		path := fmt.Sprintf("collateral.assets.%d", i)
		if slices.Contains(symbols, a.Symbol) {
			k.refuse(path+".symbol", "%s is an instrument of the run; an asset has a symbol of its own, such as that of the coin", a.Symbol)
		}
		if a.Of != "" && !slices.Contains(symbols, a.Of) {
			k.refuse(path+".of", "%s is not replayed; name one of %s, or leave of out and give parity in quote", a.Of, strings.Join(symbols, ", "))
		}
		if !held[a.Symbol] {
			k.warn(path, "nobody holds %s; name it in crowd.collateral.assets or as the collateral of a rule, or remove it", a.Symbol)
		}
		if n := len(a.Path); n > 0 && (a.Path[n-1].Time <= from || a.Path[0].Time >= to) {
			k.warn(path+".path", "lies outside of the window, %s to %s: the share of %s stands still in the run; move it, or remove it", from, to, a.Symbol)
		}
		if len(a.Path) == 0 && a.Of == "" {
			k.warn(path, "%s neither follows an instrument nor has a path: its price stands still, and it is quote currency less a haircut", a.Symbol)
		}
	}
}
