package oracle

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk"
	"github.com/liquidation-lab/backtest/pkg/risk/venue"
)

// features puts what a run may add to the rules on top of a scenario: a bound on what the liquidation engine sends into the
// books, accounts that are exempt of it, and collateral in assets whose prices leave their parity.
type features struct {
	*rand.Rand
	s     *scenario
	money float64
}

// featured is the scenario of a seed, in about half of the seeds with features.
func featured(seed uint64, book *venue.Rulebook) *scenario {
	s := newScenario(seed, book)
	f := &features{Rand: rand.New(rand.NewPCG(seed, 5)), s: s, money: s.money}
	switch f.IntN(8) {
	case 0:
		f.participation()
	case 1:
		f.collateral()
	case 2, 3:
		f.participation()
		f.collateral()
	case 4: // who is exempt is told without a bound too
		s.options.Exempt = everyThird
	}
	return s
}

// bounded is the scenario of a seed with a bound, in half of the seeds with collateral too.
func bounded(seed uint64, book *venue.Rulebook) *scenario {
	s := newScenario(seed, book)
	f := &features{Rand: rand.New(rand.NewPCG(seed, 5)), s: s, money: s.money}
	f.participation()
	if f.IntN(2) == 0 {
		f.collateral()
	}
	return s
}

// decisions are the policies that have a say of their own in what is cut, carried and offered anew, a rulebook each.
var decisions = [][]pair{
	{{"adl_score", "random_start"}, {"adl_allocation", "queue"}},
	{{"liquidation_step", "fraction_first"}, {"liquidation_price", "market"}},
	{{"adl_trigger", "drawdown_from_peak"}},
	{{"adl_trigger", "instrument_drawdown_from_peak"}},
	{{"adl_trigger", "drawdown_below_average"}},
	{{"adl_trigger", "negative_equity"}},
	{{"adl_allocation", "pro_rata_pnl"}},
	{{"liquidation_price", "fillable"}},
	{{"liquidation_price", "zero_price"}},
	{{"liquidation_step", "tier_step_down"}},
	{{"liquidation_step", "to_maintenance"}},
	{{"liquidation_step", "to_initial_margin"}},
	{{"liquidation_step", "per_block"}},
}

// decisive is a random combination of policies with those of a turn.
func decisive(t *testing.T, pairs []pair, seed uint64) *venue.Rulebook {
	t.Helper()
	r, turn := rand.New(rand.NewPCG(seed, 6)), decisions[seed%uint64(len(decisions))]
	for {
		c, book := draw(t, r, pairs, turn[0])
		if len(turn) > 1 && c.is[turn[1].key] != turn[1].value {
			book = c.with(turn[1])
		}
		if book != nil {
			return book
		}
	}
}

func everyThird(a risk.AccountID) bool { return a%3 == 0 }

func (f *features) participation() {
	o := &f.s.options
	o.Participation = risk.Participation{
		Share:    market.Rate(market.Scale * math.Pow(10, -2+2.3*f.Float64())),
		Interval: []market.Time{0, market.Second, market.Minute}[f.IntN(3)],
		Depth:    market.Quote((100 + 20_000*f.Float64()) * f.money * market.Scale),
	}
	if f.IntN(3) == 0 {
		o.Exempt = everyThird
	}
}

// asset is a collateral asset on its way through a scenario.
type asset struct {
	id       market.InstrumentID
	follows  market.InstrumentID // -1: quote currency
	share    float64
	from, to int // ticks between which it leaves its parity
	end      float64
}

func (f *features) collateral() {
	first, _ := prices(f.s.steps[0].tick)
	var assets []*asset
	for k := range 1 + f.IntN(2) {
		a := &asset{id: market.InstrumentID(len(first)), follows: -1, share: 1, from: 1 + f.IntN(15), end: 0.3 + f.Float64()}
		a.id += market.InstrumentID(k)
		a.to = a.from + 1 + f.IntN(30)
		if f.IntN(2) == 0 {
			a.follows = market.InstrumentID(f.IntN(len(first)))
		}
		assets = append(assets, a)
		f.s.options.Collateral = append(f.s.options.Collateral, risk.Collateral{
			Symbol: fmt.Sprintf("Z%d", k), Haircut: []market.Rate{0, 5_000_000, 12_345_678, 30_000_000}[f.IntN(4)],
			Tick: []market.Price{1, 10_000}[f.IntN(2)], Lot: []market.Qty{1, 100_000, market.Scale}[f.IntN(3)],
		})
	}
	last := map[market.InstrumentID]market.Price{}
	ticks := 0
	var steps []step
	for i, step := range f.s.steps {
		if step.tick != nil {
			now, moved := prices(step.tick)
			for _, id := range moved {
				last[id] = now[id]
			}
			for _, a := range assets {
				f.price(a, step.tick, ticks, last)
			}
			ticks++
		}
		steps = append(steps, step)
		if i == 0 {
			steps = append(steps, f.deposits(assets, last)...)
		} else if f.IntN(25) == 0 {
			steps = append(steps, f.hold(assets, last, risk.AccountID(f.IntN(len(f.s.deposits)))))
		}
		if f.IntN(25) == 0 {
			steps = append(steps, f.refused(assets, last))
		}
	}
	f.s.steps = steps
}

// refused asks for what assets do not take, or for what is no asset.
func (f *features) refused(assets []*asset, last map[market.InstrumentID]market.Price) step {
	a, on := risk.AccountID(f.IntN(len(f.s.deposits))), assets[f.IntN(len(assets))].id
	switch f.IntN(4) {
	case 0:
		return step{close: &closing{a, on}}
	case 1:
		return step{open: &risk.Order{Account: a, Instrument: on, Size: market.Scale, Price: last[on], Leverage: market.Scale, Mode: risk.Cross}}
	case 2:
		return step{stop: &risk.StopOrder{Account: a, Instrument: on, Kind: risk.Stop, Trigger: last[on] / 2}}
	}
	return step{hold: &deposit{account: a, asset: 0, size: market.Scale}}
}

// prices are the last prices of a tick by instrument, and of which instruments there are some.
func prices(t *risk.Tick) (last map[market.InstrumentID]market.Price, moved []market.InstrumentID) {
	last = map[market.InstrumentID]market.Price{}
	for _, p := range t.Prices {
		last[p.Instrument] = p.Last
		moved = append(moved, p.Instrument)
	}
	return last, moved
}

// price adds the price of an asset to a tick, at the first tick always.
func (f *features) price(a *asset, t *risk.Tick, number int, last map[market.InstrumentID]market.Price) {
	share := 1.0
	if number > a.from {
		share += (a.end - 1) * min(1, float64(number-a.from)/float64(a.to-a.from))
	}
	if number > 0 && share == a.share && f.IntN(3) == 0 {
		return
	}
	a.share = share
	p := market.Float(a.parity(last)) * share * (1 + 0.001*f.NormFloat64())
	u := risk.PriceUpdate{Instrument: a.id, Mark: max(market.Price(p*market.Scale), 100), Gap: f.IntN(2) == 0}
	u.Last = u.Mark
	if f.IntN(2) == 0 {
		u.BidDepth = market.Quote((10 + 20_000*f.Float64()) * f.money * market.Scale)
	}
	t.Prices = append(t.Prices, u)
	last[a.id] = u.Mark
}

func (a *asset) parity(last map[market.InstrumentID]market.Price) market.Price {
	if a.follows < 0 {
		return market.Scale
	}
	return last[a.follows]
}

// deposits gives half of the accounts holdings in place of most of their quote currency.
func (f *features) deposits(assets []*asset, last map[market.InstrumentID]market.Price) []step {
	var steps []step
	for a := range f.s.deposits {
		if f.IntN(2) == 0 {
			continue
		}
		for range 1 + f.IntN(2) {
			steps = append(steps, f.hold(assets, last, risk.AccountID(a)))
		}
		f.s.deposits[a] = market.Quote(float64(f.s.deposits[a])*f.Float64()*0.6) + 1
		if f.IntN(3) == 0 {
			steps = append(steps, f.commit(steps[len(steps)-1].hold, last))
		}
	}
	return steps
}

// commit puts about all that an account has, and a holding is worth, into the margin of an isolated position, so that the
// holding has to bear every fall of its own price.
func (f *features) commit(of *deposit, last map[market.InstrumentID]market.Price) step {
	i := market.InstrumentID(f.IntN(len(f.s.options.Instruments)))
	haircut := f.s.options.Collateral[int(of.asset)-len(f.s.options.Instruments)].Haircut
	worth := market.Float(of.size) * market.Float(last[of.asset]) * (1 - market.Float(haircut))
	wallet := market.Float(f.s.deposits[of.account]) + worth
	return step{open: &risk.Order{
		Account: of.account, Instrument: i, Leverage: 2 * market.Scale, Price: last[i], Margin: market.Quote(wallet * (1 - 0.1*f.Float64()*f.Float64()) * market.Scale),
		Size: market.Qty(min(wallet/market.Float(last[i])*market.Scale, 1e17)),
	}}
}

func (f *features) hold(assets []*asset, last map[market.InstrumentID]market.Price, a risk.AccountID) step {
	on := assets[f.IntN(len(assets))]
	worth := market.Float(f.s.deposits[a]) * (0.1 + 1.2*f.Float64())
	size := market.Qty(min(worth/market.Float(last[on.id])*market.Scale, 1e17))
	if f.IntN(3) > 0 {
		size -= size % f.s.options.Collateral[int(on.id)-len(f.s.options.Instruments)].Lot
	}
	if f.IntN(10) == 0 {
		size = market.Qty(f.IntN(100)) // worth nothing, or a few units
	}
	return step{hold: &deposit{account: a, asset: on.id, size: size}}
}

// describe says what String cannot print of the options.
func (f *scenario) describe() string {
	o := &f.options
	if o.Participation.Share == 0 && len(o.Collateral) == 0 && o.Exempt == nil {
		return ""
	}
	return fmt.Sprintf(", participation %+v, every third account exempt: %v, collateral %+v", o.Participation, o.Exempt != nil, o.Collateral)
}

// coverage counts what the comparison met of the features.
type coverage map[string]int

// mustSee are those without which agreement would say nothing about a feature.
var mustSee = []string{
	"exempt liquidation", "exempt takeover", "carried long", "carried short", "carried, insurance later", "carried, adl later",
	"carried, socialized_loss later", "liquidation, then takeover", "holding deposited", "liquidation of collateral", "takeover of collateral",
	"insurance of collateral", "socialized_loss of collateral", "collateral carried", "deficit", "surplus",
}

// tally counts what a step brought.
func (c coverage) tally(s *scenario, of step, events []risk.Event, x *Exchange) {
	first := market.InstrumentID(len(s.options.Instruments))
	liquidated := map[risk.AccountID]bool{}
	for _, e := range events {
		forced := e.Kind == risk.Liquidation || e.Kind == risk.Takeover
		if forced && e.Exempt {
			c["exempt "+e.Kind.String()]++
		}
		if forced && s.options.Participation.Share > 0 {
			if e.Kind == risk.Takeover && liquidated[e.Account] {
				c["liquidation, then takeover"]++
			}
			liquidated[e.Account] = e.Kind == risk.Liquidation
		}
		if e.Instrument >= first {
			c[e.Kind.String()+" of collateral"]++
		}
		if of.tick != nil && e.Round == 0 && (e.Kind == risk.ADL || e.Book && e.Account == risk.TheExchange) {
			c["carried, "+e.Kind.String()+" later"]++
		}
		switch {
		case e.Deficit > 0:
			c["deficit"]++
		case e.Deficit < 0:
			c["surplus"]++
		}
	}
	if of.hold != nil {
		c["holding deposited"]++
	}
	for i := range x.listings {
		long, short := x.Inventory(market.InstrumentID(i))
		switch {
		case i >= int(first) && long.Size != 0:
			c["collateral carried"]++
		case long.Size != 0:
			c["carried long"]++
		}
		if short.Size != 0 {
			c["carried short"]++
		}
	}
}

// report logs the counts, and fails for what is missing of a run that was not cut short.
func (c coverage) report(t *testing.T, whole bool) {
	t.Helper()
	var counts []string
	for k, n := range c {
		counts = append(counts, fmt.Sprintf("%s: %d", k, n))
	}
	slices.Sort(counts)
	t.Logf("features compared:\n%s", strings.Join(counts, "\n"))
	for _, k := range mustSee {
		if whole && c[k] == 0 {
			t.Errorf("no scenario led to %q: the comparison says nothing about it", k)
		}
	}
}
