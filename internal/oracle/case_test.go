package oracle

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk"
	"github.com/liquidation-lab/backtest/pkg/risk/venue"
)

// handCase is a short history worked out by hand. Prices are those of AUSDT, whose first tiers are 0.5% up to 500 and 1%
// less 2.5 up to 2,000; forced orders slip by a fixed fraction.
type handCase struct {
	name     string
	is       map[string]string // policies besides plainRules
	numbers  map[string]string
	fee      string // of liquidations
	interest string
	slip     string
	fund     string
	weights  []market.Quote
	deposits string
	steps    string // "tick PRICE [at SECOND] [was INDEX] [pays RATE]" or "ACCOUNT buys|sells SIZE at PRICE (isolated MARGIN | cross LEVERAGE [fee])" a line
	want     string // events after the entries, one a line
	capacity        // and collateral: case_capacity_test.go
}

// plainRules are the values where a case names no others.
var plainRules = map[string]string{
	"trigger": "inclusive", "tiers": "marginal", "liquidation_order": "largest_maintenance_margin", "liquidation_fee": "capped_at_equity",
	"bankruptcy": "split_by_maintenance_margin", "adl_score": "binance_leverage_pnl", "adl_price": "bankruptcy", "funding_price": "mark",
}

func (c *handCase) rulebook(t *testing.T) *venue.Rulebook {
	t.Helper()
	k := combination{is: maps.Clone(plainRules), parameters: c.numbers, maker: "0.0002", fees: [3]string{c.fee}, interest: c.interest}
	maps.Copy(k.is, c.is)
	book, err := venue.Parse(c.name, []byte(k.yaml()))
	if err != nil {
		t.Fatal(err)
	}
	return book
}

// scenario reads the steps.
func (c *handCase) scenario(t *testing.T) *scenario {
	t.Helper()
	book := c.rulebook(t)
	s := &scenario{options: risk.Options{Rulebook: book, FundWeights: c.weights, FundingEvents: true}}
	for _, symbol := range book.Symbols() {
		contract, _ := book.Contract(symbol)
		s.options.Instruments = append(s.options.Instruments, contract.Instrument)
	}
	if c.fund != "" {
		s.options.InsuranceFund = market.MustParse[market.Quote](c.fund)
	}
	slip := market.MustParse[market.Rate](c.slip)
	s.options.Execution = risk.Impact{HalfSpread: slip, Cap: slip, DefaultDepth: market.Scale}
	c.capacity.options(&s.options)
	for _, d := range strings.Fields(c.deposits) {
		s.deposits = append(s.deposits, market.MustParse[market.Quote](d))
	}
	var now market.Time
	for _, line := range strings.Split(strings.TrimSpace(c.steps), "\n") {
		f := strings.Fields(line)
		if f[0] == "tick" {
			now += market.Second
			s.steps = append(s.steps, tickOf(f, &now))
		} else if f[1] == "holds" {
			s.steps = append(s.steps, holdOf(f))
		} else {
			s.steps = append(s.steps, orderOf(f))
		}
	}
	return s
}

func tickOf(f []string, now *market.Time) step {
	u := risk.PriceUpdate{Mark: market.MustParse[market.Price](f[1]), Gap: true}
	u.Last = u.Mark
	tick := &risk.Tick{}
	for i := 2; i+1 < len(f); i += 2 {
		switch f[i] {
		case "at":
			*now = market.Time(market.MustParse[market.Quote](f[i+1])/market.Scale) * market.Second
		case "was":
			u.Index = market.MustParse[market.Price](f[i+1])
		case "of":
			u.Instrument = market.InstrumentID(f[i+1][0] - 'A')
		case "pays":
			tick.Funding = []risk.FundingUpdate{{Rate: market.MustParse[market.Rate](f[i+1])}}
		}
	}
	tick.Time, tick.Prices = *now, []risk.PriceUpdate{u}
	return step{tick: tick}
}

func orderOf(f []string) step {
	o := &risk.Order{Account: risk.AccountID(f[0][0] - '0'), Size: market.MustParse[market.Qty](f[2]), Price: market.MustParse[market.Price](f[4])}
	if f[1] == "sells" {
		o.Size = -o.Size
	}
	if f[5] == "cross" {
		o.Mode, o.Leverage = risk.Cross, market.MustParse[market.Rate](f[6])
	} else {
		o.Leverage, o.Margin = 10*market.Scale, market.MustParse[market.Quote](f[6])
	}
	o.Fee = f[len(f)-1] == "fee"
	return step{open: o}
}

func handCases() []handCase {
	return slices.Concat(liquidationCases, fundCases, capacityCases, collateralCases)
}

// line is an event as the cases write it.
func line(e *risk.Event) string {
	who := fmt.Sprintf("of %d", e.Account)
	if e.Account == risk.TheExchange {
		who = "of the exchange"
	}
	s := fmt.Sprintf("%d %v %v %v at %v %s: %v", e.Round, e.Kind, e.Side, e.Size, e.Price, who, e.RealizedPnL)
	if e.Fee != 0 {
		s += fmt.Sprintf(", fee %v", e.Fee)
	}
	if e.FundDelta != 0 {
		s += fmt.Sprintf(", fund %v", e.FundDelta)
	}
	return s
}

func TestOracleByHand(t *testing.T) {
	for _, c := range handCases() {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			x := after(t, c.scenario(t))
			for _, e := range x.Events() {
				if e.Kind != risk.Entry {
					got = append(got, line(&e)+c.lacking(&e))
				}
			}
			got = append(got, x.carriedLines()...)
			var want []string
			for _, l := range strings.Split(strings.TrimSpace(c.want), "\n") {
				if l = strings.TrimSpace(l); l != "" {
					want = append(want, l)
				}
			}
			if strings.Join(got, "\n") != strings.Join(want, "\n") {
				t.Errorf("got\n%s\nexpected\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		})
	}
}

// The cases hold of the engine too.
func TestEngineAgreesByHand(t *testing.T) {
	for _, c := range handCases() {
		t.Run(c.name, func(t *testing.T) {
			if _, err := agree(c.scenario(t), coverage{}); err != nil {
				t.Error(err)
			}
		})
	}
}

// The first outputs of SplitMix64 from state 0, as published with it (Vigna's splitmix64.c).
func TestSplitMix64(t *testing.T) {
	for i, want := range []uint64{0xe220a8397b1dcdaf, 0x6e789e6aa1b965f4, 0x06c45d188009454f} {
		if got := splitMix64(0, 0, uint64(i)); got != want {
			t.Errorf("output %d is %#x, expected %#x", i, got, want)
		}
	}
}

// Two accounts hold 10 long and nothing short: an open interest of 5, worth 500 at 100. The least initial margin is then
// 0.02 + (500 - 100)/(20000 - 100)·0.98 = 0.03969849..., rounded up 0.0396985, of a notional of 1,000, and the fee 0.5: an
// account needs 40.1985 although its leverage of 50 asks for 20.
func TestInitialMarginGrowsWithOpenInterest(t *testing.T) {
	for deposit, accepted := range map[string]bool{"40.1985": true, "40.19849999": false} {
		c := handCase{
			name: "interest", is: map[string]string{"initial_margin": "open_interest_scaled"}, slip: "0",
			interest: "{source: here, base: 0.02, lower: 100, upper: 20000}", deposits: "1000 " + deposit,
			steps: "tick 100\n0 buys 10 at 100 cross 10\n1 buys 10 at 100 cross 50 fee",
		}
		if got := len(alone(t, c.scenario(t))) == 2; got != accepted {
			t.Errorf("an order with %s in the account is accepted: %v, expected %v", deposit, got, accepted)
		}
	}
}
