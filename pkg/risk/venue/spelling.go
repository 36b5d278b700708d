package venue

import (
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// plainName is what names of venues are compared by.
func plainName(s string) string {
	return strings.ToLower(strings.NewReplacer("_", "", "-", "", " ", "").Replace(s))
}

// canonical returns the id that a spelling of a venue means, with the date that stands behind it: "dydx_v4" is "dydx", and
// "Binance/2025-10" is "binance/2025-10". What is no known name stays as it is.
func canonical(id string) (string, error) {
	text, err := embedded.ReadFile("rulebooks/names.yaml")
	if err != nil {
		return "", fmt.Errorf("embedded names of venues: %w", err)
	}
	var names map[string][]string
	if err := yaml.Unmarshal(text, &names); err != nil {
		return "", fmt.Errorf("embedded names of venues: %w", err)
	}
	venue, date, dated := strings.Cut(id, "/")
	plain, meant := plainName(venue), ""
	for own, others := range names { // no name stands twice, so that the order is of no matter; a test holds it
		for _, name := range append(others, own) {
			if plainName(name) == plain {
				meant = own
			}
		}
	}
	switch {
	case meant == "":
		return id, nil
	case dated:
		return meant + "/" + date, nil
	}
	return meant, nil
}

// pairOf returns a symbol as exchanges write pairs, BTCUSDT: upper case, without separators, without the words for a perpetual, and
// without the settlement that trading libraries put behind a colon. ok is false where that settlement is the base currency, so
// that the contract is inverse.
func pairOf(symbol string) (pair string, ok bool) {
	pair, settle, _ := strings.Cut(strings.ToUpper(symbol), ":")
	for _, suffix := range []string{"-INTX", "-SWAP", "_SWAP", "-PERPETUAL", "-PERP", "_PERP", ".P"} {
		pair = strings.TrimSuffix(pair, suffix)
	}
	base, _, quoted := strings.Cut(pair, "/")
	return strings.NewReplacer("/", "", "-", "", "_", "").Replace(pair), settle == "" || !quoted || settle != base
}

// respelled finds the contract that a symbol means which is not written as the rulebook does: btcusdt, BTC-USDT, BTC/USDT:USDT
// and, where the settlement currency tells the pair, BTC. The pair has to be the contract's own: BTCUSDC is not BTCUSDT. pair is
// the symbol's.
func (r *Rulebook) respelled(symbol string) (c *Contract, pair string, ok bool) {
	pair, ok = pairOf(symbol)
	if !ok || pair == "" {
		return nil, pair, false
	}
	if c, ok := r.contracts[pair]; ok {
		return c, pair, true
	}
	own := named(market.Instrument{}, pair, "")
	if c, ok := r.contracts[own.Base]; ok && c.Kind == Linear {
		return c, pair, true
	}
	if own.Quote != "" || r.Settlement == "" {
		return nil, pair, false
	}
	c, ok = r.contracts[pair+r.Settlement]
	return c, pair + r.Settlement, ok && c.Kind == Linear
}
