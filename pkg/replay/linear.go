package replay

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/liquidation-lab/backtest/pkg/risk/venue"
)

// inverseKey begins the catalog's metadata of a coin-margined series: its contract size in dollars.
const inverseKey = "contract_size_usd."

// linear returns the symbols to replay: the scenario's, or all linear ones of the data. A coin-margined contract pays in
// its own coin, which this exchange does not model; replaying its prices as a linear contract would give a wrong
// number for every account in it. One that the scenario names is refused, others are left out and noted.
func (p *plan) linear(candles map[string][]span) ([]string, error) {
	inverse := map[string]bool{}
	for key := range p.o.Catalog.Metadata() {
		if symbol, ok := strings.CutPrefix(key, inverseKey); ok {
			inverse[symbol] = true
		}
	}
	for _, symbol := range p.scenario.Instruments {
		if inverse[symbol] {
			return nil, p.scenario.At("instruments", fmt.Errorf("%s is coin-margined in %s; only linear contracts are modeled, take it out", symbol, p.o.Catalog.Name()))
		}
	}
	if len(p.scenario.Instruments) > 0 {
		return p.scenario.Instruments, nil
	}
	var symbols, out []string
	for _, symbol := range slices.Sorted(maps.Keys(candles)) {
		if inverse[symbol] {
			out = append(out, symbol)
		} else {
			symbols = append(symbols, symbol)
		}
	}
	if len(out) > 0 {
		p.note("left out, because only linear contracts are modeled and these are coin-margined: %s", strings.Join(out, ", "))
	}
	if len(symbols) == 0 && len(out) > 0 {
		return nil, fmt.Errorf("data %s has candles of coin-margined contracts only; only linear contracts are modeled", p.o.Catalog.Name())
	}
	return symbols, nil
}

// contract returns the rulebook's contract of a symbol, if it is one that this exchange models.
func (p *plan) contract(symbol string) (*venue.Contract, error) {
	c, err := p.o.Rulebook.Contract(symbol)
	if err != nil {
		return nil, p.scenario.At("venue", err)
	}
	if c.Kind != venue.Linear {
		return nil, p.scenario.At("venue", fmt.Errorf("%s is an %s contract in rulebook %s; only linear contracts are modeled: leave it out by naming the others under instruments, or compute single accounts with `backtest calc account --venue %s`",
			symbol, c.Kind, p.o.Rulebook.ID, p.o.Rulebook.ID))
	}
	return c, nil
}
