package oracle

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/liquidation-lab/backtest/pkg/risk/venue"
)

// Random rulebooks: every policy that the venue package knows, with random parameters, on the artificial contracts. What
// there is to choose from is read out of the package's own messages, so that no policy can be added without being tested.

// combination is a choice for every policy, with the numbers of everything else.
type combination struct {
	is         map[string]string
	parameters map[string]string
	seed       uint64 // of the parameters, each of which is drawn by itself
	maker      string
	fees       [3]string // liquidation fees
	groups     [3]string
	backstop   string // of the first contract; empty: the rulebook's
	interest   string
}

// pair is one value of one policy.
type pair struct{ key, value string }

func (p pair) String() string { return p.key + ": " + p.value }

// undecided policies have one value, or decide nothing within the exchange.
var undecided = map[string]string{
	"liquidation_order": "has one value",
	"bankruptcy":        "has one value",
	"funding_rate":      "is the formula of a rate; the exchange is given rates",
	"premium_mean":      "is a part of the formula of a rate",
	"funding_limit":     "is a part of the formula of a rate",
	"price_rounding":    "is how a price is shown",
}

// policyPairs lists every value of every policy.
func policyPairs() (pairs []pair) {
	for _, c := range venue.Choices() {
		if c.Policy == "funding_limit" || c.Policy == "price_rounding" {
			continue // decide nothing here, and ask for more of a contract
		}
		for _, value := range c.Values {
			pairs = append(pairs, pair{c.Policy, value})
		}
	}
	return pairs
}

// draw chooses at random until the rulebook is accepted, with one pair given. Pairs come from policyPairs.
func draw(t rapid.TB, r *rand.Rand, pairs []pair, fixed pair) (*combination, *venue.Rulebook) {
	t.Helper()
	for range 1000 {
		c := &combination{is: map[string]string{}, parameters: map[string]string{}}
		chosen := map[string]int{}
		for _, p := range pairs {
			chosen[p.key]++
			if r.IntN(chosen[p.key]) == 0 { // each value of a key is as likely as the others
				c.is[p.key] = p.value
			}
		}
		c.is[fixed.key] = fixed.value
		c.numbers(r)
		if book, err := c.parse(); err == nil {
			return c, book
		}
	}
	t.Fatalf("no combination with %v was accepted", fixed)
	return nil, nil
}

func pick(r *rand.Rand, from ...string) string { return from[r.IntN(len(from))] }

func (c *combination) numbers(r *rand.Rand) {
	c.seed = r.Uint64()
	c.maker = pick(r, "0.0002", "0.0002", "-0.0001")
	for i := range c.fees {
		c.fees[i] = pick(r, "0", "0.0125", "0.02", "0.002")
		c.groups[i] = pick(r, "blue", "red")
	}
	c.backstop = pick(r, "", "", "0.9")
	c.interest = pick(r, "{source: here, base: 0.01, lower: 0, upper: 0}", "{source: here, base: 0.02, lower: 100, upper: 20000}",
		"{source: here, base: 0.04, lower: 2000, upper: 3000.5}")
}

// number draws a parameter. Drawdowns are small: funds of the scenarios lose little at a time.
func (c *combination) number(key string) string {
	hash := fnv.New64a()
	hash.Write([]byte(key))
	r := rand.New(rand.NewPCG(c.seed, hash.Sum64()))
	between := func(lo, hi float64) string { return fmt.Sprintf("%.6f", lo+r.Float64()*(hi-lo)) }
	switch key {
	case "tiers_per_step":
		return pick(r, "1", "2")
	case "step_fraction":
		return pick(r, "0.2", "0.2", between(0.05, 1))
	case "step_threshold":
		return pick(r, "0", "100", between(0, 3000))
	case "cooldown_seconds":
		return pick(r, "0", "30", "60", "600", "7200")
	case "block_fraction":
		return pick(r, "0.1", between(0.01, 1))
	case "block_minimum":
		return pick(r, "0", "100", between(0, 1000))
	case "backstop_fraction":
		return pick(r, "0.66666667", "1", between(0.1, 1))
	case "fillable_adjustment":
		return pick(r, "1", "1", between(1, 3))
	case "fillable_spread":
		return pick(r, "1.5", between(0.1, 5))
	case "adl_drawdown":
		return pick(r, "0.3", between(0.01, 0.4))
	case "adl_drawdown_stop":
		return pick(r, "0", "0.01", "0.005")
	case "adl_absolute":
		return pick(r, "0", "1", between(0, 50))
	case "funding_limit_factor":
		return "0.75"
	case "adl_cap":
		return pick(r, "0.3", "1", between(0.01, 1))
	case "adl_mark_distance":
		return pick(r, "0.05", between(0, 0.1))
	}
	return "0.0005" // funding_interest, funding_clamp: nothing here asks for them
}

var missing = regexp.MustCompile(`parameters\.(\w+) is missing.* for (\w+): (\w+)$`)

// asked remembers which parameters a choice was found to need, so that a rulebook is rarely parsed twice.
var asked = map[pair][]string{}

// parse adds the parameters that the policies ask for.
func (c *combination) parse() (*venue.Rulebook, error) {
	for _, key := range sorted(c.is) {
		for _, parameter := range asked[pair{key, c.is[key]}] {
			if c.parameters[parameter] == "" {
				c.parameters[parameter] = c.number(parameter)
			}
		}
	}
	for {
		book, err := venue.Parse("combination", []byte(c.yaml()))
		if err == nil {
			return book, nil
		}
		match := missing.FindStringSubmatch(err.Error())
		if match == nil {
			return nil, err
		}
		by := pair{match[2], match[3]}
		asked[by] = append(asked[by], match[1])
		c.parameters[match[1]] = c.number(match[1])
	}
}

// with is the same combination but for one policy; nil where that is refused.
func (c *combination) with(p pair) *venue.Rulebook {
	other := *c
	other.is, other.parameters = map[string]string{}, map[string]string{}
	for k, v := range c.is {
		other.is[k] = v
	}
	other.is[p.key] = p.value
	for k, v := range c.parameters {
		other.parameters[k] = v
	}
	for {
		book, err := other.parse()
		if err == nil {
			return book
		}
		unused := regexp.MustCompile(`parameters\.(\w+): no policy of this rulebook uses it`).FindStringSubmatch(err.Error())
		if unused == nil {
			return nil
		}
		delete(other.parameters, unused[1])
	}
}

// tierRow is a row of the artificial tables, which are those of testdata/rulebook.yaml with more tiers for BUSDT.
type tierRow struct {
	floor, cap float64
	leverage   int
	rate       string
	amount     string
}

type artificial struct {
	symbol, tick, lot string
	price             float64 // about where the scenarios begin; tiers by size are notionals at it
	rows              []tierRow
	sizeMargin        string
}

var artificials = [3]artificial{
	{"AUSDT", "0.01", "0.001", 100, []tierRow{
		{0, 500, 100, "0.005", "0"}, {500, 2000, 50, "0.01", "2.5"}, {2000, 5000, 25, "0.025", "32.5"}, {5000, 20000, 10, "0.05", "157.5"},
		{20000, 50000, 2, "0.25", "4157.5"},
	}, "{source: here, initial: 0.02, maintenance: 0.01, slope: 0.00050001}"},
	{"BUSDT", "0.00000001", "0.00000001", 2000, []tierRow{
		{0, 3000, 50, "0.01", "0"}, {3000, 12000, 20, "0.02", "30"}, {12000, 1000000, 10, "0.04", "270"},
	}, "{source: here, initial: 0.02, maintenance: 0.005, slope: 0.01}"},
	{"CUSDT", "0.001", "1", 0.5, []tierRow{
		{0, 5000, 75, "0.00651", "0"}, {5000, 25000, 20, "0.02503", "92.6"}, {25000, 100000, 5, "0.1", "1966.85"},
	}, "{source: here, initial: 0.03, maintenance: 0.01, slope: 0.0000025}"},
}

func (c *combination) yaml() string {
	var b strings.Builder
	b.WriteString("schema: backtest/rulebook/v1\nid: test/combination\ntitle: Rules at random\nas_of: 2025-10-10\n" +
		"sources:\n  here: {title: \"chosen for tests\", date: 2025-10-10}\npolicies:\n")
	for _, key := range sorted(c.is) {
		fmt.Fprintf(&b, "  %s: {is: %s, source: here}\n", key, c.is[key])
	}
	b.WriteString("parameters:\n")
	if len(c.parameters) == 0 {
		b.WriteString("  {}\n")
	}
	for _, key := range sorted(c.parameters) {
		fmt.Fprintf(&b, "  %s: {value: %s, source: here}\n", key, c.parameters[key])
	}
	fmt.Fprintf(&b, "fees:\n  maker: {value: %s, source: here}\n  taker: {value: 0.0005, source: here}\ncontracts:\n", or(c.maker, "0"))
	for i := range artificials {
		c.contract(&b, i)
	}
	return b.String()
}

func (c *combination) contract(b *strings.Builder, i int) {
	a := &artificials[i]
	fmt.Fprintf(b, "  - symbols: [%s]\n    tick: {value: %s, source: here}\n    lot: {value: %s, source: here}\n", a.symbol, a.tick, a.lot)
	fmt.Fprintf(b, "    liquidation_fee: {value: %s, source: here}\n    funding_interval_hours: {value: 8, source: here}\n", or(c.fees[i], "0"))
	if c.is["fund_scope"] == "group" {
		fmt.Fprintf(b, "    group: %s\n", or(c.groups[i], "blue"))
	}
	if c.is["backstop"] == "takes_scope" && c.backstop != "" && i == 0 {
		fmt.Fprintf(b, "    backstop_fraction: {value: %s, source: here}\n", c.backstop)
	}
	if c.is["initial_margin"] == "open_interest_scaled" {
		fmt.Fprintf(b, "    interest_margin: %s\n", c.interest)
	}
	if c.is["funding_limit"] == "contract" {
		b.WriteString("    funding_cap: {value: 0.02, source: here}\n")
	}
	if c.is["tiers"] == "linear_in_size" {
		fmt.Fprintf(b, "    size_margin: %s\n", a.sizeMargin)
		return
	}
	b.WriteString("    tiers:\n      source: here\n      rows:\n")
	for _, row := range a.rows {
		per, amount := 1.0, row.amount
		if c.is["tier_by"] == "size" {
			per = a.price
		}
		if c.is["tiers"] == "whole_position" {
			amount = "0"
		}
		fmt.Fprintf(b, "        - {floor: %g, cap: %.8g, leverage: %d, rate: %s, amount: %s}\n", row.floor/per, row.cap/per, row.leverage, row.rate, amount)
	}
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

func sorted(m map[string]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// combined returns the combination of a seed: pairs take turns to be in one.
func combined(t rapid.TB, pairs []pair, seed uint64) (*combination, *venue.Rulebook) {
	return draw(t, rand.New(rand.NewPCG(seed, 2)), pairs, pairs[seed%uint64(len(pairs))])
}

// Every value of a policy decides something: for some scenario, the same rulebook with another value in its place leads
// to other events. Without that, agreement of the two exchanges would say nothing about the policy.
func TestEveryPolicyDecides(t *testing.T) {
	pairs := policyPairs()
	told := map[pair]bool{}
	for i, p := range pairs {
		if _, skip := undecided[p.key]; skip {
			continue
		}
		for _, o := range pairs[:i] {
			if o.key != p.key {
				continue
			}
			different, possible := toldApart(t, pairs, i, o)
			if different {
				told[p], told[o] = true, true
			} else if possible {
				t.Errorf("no scenario tells %v from %v", p, o)
			}
		}
	}
	for _, p := range pairs {
		if _, skip := undecided[p.key]; !skip && !told[p] {
			t.Errorf("%v decides nothing in any scenario", p)
		}
	}
}

// toldApart looks for a scenario under a combination with a pair in which another value of the policy leads to other
// events; possible is false when no combination is accepted with the other in its place.
func toldApart(t rapid.TB, pairs []pair, of int, from pair) (different, possible bool) {
	t.Helper()
	for try := uint64(0); try < 600 && !different && (possible || try < 40); try++ {
		seed := uint64(of) + try*uint64(len(pairs))
		c, book := combined(t, pairs, seed)
		other := c.with(from)
		if other == nil {
			continue
		}
		possible = true
		different = !slices.Equal(alone(t, newScenario(seed, book)), alone(t, newScenario(seed, book).under(other)))
	}
	return different, possible
}
