package oracle

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk"
	"github.com/liquidation-lab/backtest/pkg/risk/venue"
)

// scenario is everything that two exchanges are told.
type scenario struct {
	seed     uint64
	options  risk.Options
	deposits []market.Quote
	money    float64 // that goes with the stage
	steps    []step
}

// step is one of the five things that can be asked of an exchange.
type step struct {
	tick  *risk.Tick
	open  *risk.Order
	stop  *risk.StopOrder
	close *closing
	hold  *deposit
}

type closing struct {
	account    risk.AccountID
	instrument market.InstrumentID
}

// deposit is one in kind.
type deposit struct {
	account risk.AccountID
	asset   market.InstrumentID
	size    market.Qty
}

func (s step) String() string {
	switch {
	case s.tick != nil:
		return fmt.Sprintf("tick  %+v", *s.tick)
	case s.open != nil:
		return fmt.Sprintf("open  %+v", *s.open)
	case s.stop != nil:
		return fmt.Sprintf("stop  %+v", *s.stop)
	case s.hold != nil:
		return fmt.Sprintf("hold  %+v", *s.hold)
	}
	return fmt.Sprintf("close %+v", *s.close)
}

func (s *scenario) String() string {
	var b strings.Builder
	o := &s.options
	fmt.Fprintf(&b, "seed %d, fund %v, floor %v, weights %v, drawn with %d, execution %+v, deposits %v%s, under %s", s.seed, o.InsuranceFund, o.InsuranceFloor,
		o.FundWeights, o.Seed, o.Execution, s.deposits, s.describe(), o.Rulebook.ID)
	if strings.HasPrefix(o.Rulebook.ID, "test/") {
		fmt.Fprintf(&b, ":\n%s", o.Rulebook.YAML())
	}
	b.WriteByte('\n')
	for _, step := range s.steps {
		fmt.Fprintln(&b, step)
	}
	return b.String()
}

// writer draws a scenario: a crowd that is too leveraged on up to three instruments, and prices that gap through it.
type writer struct {
	*rand.Rand
	book   *venue.Rulebook
	s      *scenario
	prices []float64
	money  float64
	time   market.Time
	pace   market.Time                          // between ticks, about
	drift  float64                              // of prices, per tick
	round  bool                                 // whole prices and sizes, so that equalities happen
	next   map[market.InstrumentID]market.Price // marks of the next tick at which someone's equity is to equal his requirement
}

// outage holds the orders of every other account for some time, or all orders for a latency, in a quarter of the scenarios.
func (w *writer) outage() {
	kind, from, length, latency := w.IntN(12), w.time+w.pace*market.Time(w.IntN(10)), w.pace*market.Time(1+w.IntN(10)), w.pace*market.Time(w.IntN(3))
	switch kind {
	case 0, 1:
		hold := []risk.Hold{risk.Delayed, risk.Refused}[kind]
		w.s.options.Outage = func(a risk.AccountID, _, now market.Time) risk.Hold {
			if a%2 == 0 && now >= from && now < from+length {
				return hold
			}
			return risk.Free
		}
	case 2:
		w.s.options.Outage = func(_ risk.AccountID, since, now market.Time) risk.Hold {
			if now < since+latency {
				return risk.Delayed
			}
			return risk.Free
		}
	}
}

func newScenario(seed uint64, book *venue.Rulebook) *scenario {
	w := &writer{Rand: rand.New(rand.NewPCG(seed, 1)), book: book, time: 1_760_131_200_000, next: map[market.InstrumentID]market.Price{}}
	w.s = &scenario{seed: seed}
	o := &w.s.options
	o.Rulebook, o.FundingEvents = book, w.IntN(2) == 0
	on := stageOf(w.Rand, book)
	o.Instruments, w.prices, w.money, w.s.money = on.instruments, on.prices, on.money, on.money
	w.pace = []market.Time{15 * market.Second, market.Minute, 20 * market.Minute, 2 * market.Hour}[w.IntN(4)]
	o.Seed = w.Uint64()
	for range w.IntN(2) * len(o.Instruments) {
		o.FundWeights = append(o.FundWeights, market.Quote(w.IntN(4))*market.Scale)
	}
	o.Execution = risk.Impact{
		HalfSpread: market.Rate(w.Int64N(200_000)), Coefficient: w.Float64() * 2, SquareRoot: w.IntN(2) == 0,
		Cap: market.Rate(1 + w.Int64N(20_000_000)), DefaultDepth: w.quote(100, 20000),
	}
	w.outage()
	o.InsuranceFund = []market.Quote{0, w.quote(0, 50), w.quote(0, 2000)}[w.IntN(3)]
	o.InsuranceFloor = []market.Quote{0, 0, o.InsuranceFund / 2}[w.IntN(3)]
	// Wild prices jump over everything at once; calm ones cross one trigger after another, at little slippage.
	accounts, trades, ticks, wild := 2+w.IntN(14), 4+w.IntN(10), 3+w.IntN(12), w.Float64()*0.15
	richest := 3000.0
	switch w.IntN(5) {
	case 0, 1:
		o.Execution = risk.Impact{HalfSpread: market.Rate(w.Int64N(50_000)), Cap: market.Rate(1 + w.Int64N(500_000)), DefaultDepth: market.Quote(1e12 * w.money)}
		trades, ticks, wild, richest = 15, 30, 0.002+0.015*w.Float64(), []float64{3000, 10_000}[w.IntN(2)]
		w.drift = wild * (w.Float64() - 0.5)
	case 2:
		w.round = true
		ticks, wild = 12, 0.03
	case 3:
		if w.IntN(8) == 0 {
			accounts, trades = 150, 300
		}
	}
	for range accounts {
		w.s.deposits = append(w.s.deposits, w.quote(20, richest))
	}
	w.tick(0)
	for range trades {
		w.trade()
	}
	for range ticks {
		w.tick(wild)
		for range w.IntN(4) {
			w.trade()
		}
	}
	return w.s
}

func (w *writer) quote(lo, hi float64) market.Quote {
	v := market.Quote((lo + w.Float64()*(hi-lo)) * w.money * market.Scale)
	if w.round && v > 10*market.Scale {
		v -= v % (10 * market.Scale)
	}
	return v
}

func (w *writer) account() risk.AccountID { return risk.AccountID(w.IntN(len(w.s.deposits))) }

func (w *writer) instrument() market.InstrumentID { return market.InstrumentID(w.IntN(len(w.prices))) }

func (w *writer) price(x float64) market.Price {
	p := market.Price(x * market.Scale)
	if step := market.Price(market.Scale / 100); w.round && p > step {
		p -= p % step
	}
	return max(p, 1_000)
}

func (w *writer) tick(wild float64) {
	w.time += 1 + market.Time(w.Int64N(int64(2*w.pace)))
	t := &risk.Tick{Time: w.time}
	for i := range w.prices {
		if wild > 0 && w.IntN(4) == 0 {
			continue
		}
		move := 1 + w.drift + wild*w.NormFloat64()
		if w.IntN(20) == 0 {
			move = 0.5 + w.Float64()
		}
		w.prices[i] *= max(move, 0.3)
		p := risk.PriceUpdate{Instrument: market.InstrumentID(i), Gap: w.IntN(3) == 0, Mark: w.price(w.prices[i])}
		if at, wanted := w.next[p.Instrument]; wanted && wild > 0 {
			p.Mark = at
			delete(w.next, p.Instrument)
		}
		p.Last = w.price(w.prices[i] * (1 + 0.01*w.NormFloat64()))
		if w.IntN(2) == 0 {
			p.Index = w.price(w.prices[i] * (1 + 0.01*w.NormFloat64()))
		}
		if w.IntN(3) == 0 {
			p.BidDepth, p.AskDepth = w.quote(10, 20000), w.quote(10, 20000)
		}
		t.Prices = append(t.Prices, p)
	}
	for i := range w.prices {
		if wild > 0 && w.IntN(4) == 0 {
			t.Funding = append(t.Funding, risk.FundingUpdate{Instrument: market.InstrumentID(i), Rate: market.Rate(w.NormFloat64() * 400_000)})
		}
	}
	w.s.steps = append(w.s.steps, step{tick: t})
}

// trade adds an entry with its stops, a stop by itself, or a close.
func (w *writer) trade() {
	switch w.IntN(8) {
	case 0:
		w.s.steps = append(w.s.steps, step{close: &closing{w.account(), w.instrument()}})
	case 1:
		w.stop(w.account(), w.instrument())
	default:
		w.entry()
	}
}

// size is what an amount buys, within what a size can be.
func (w *writer) size(amount float64, i market.InstrumentID) market.Qty {
	return market.Qty(min(amount/w.prices[i]*market.Scale, 1e17))
}

func (w *writer) entry() {
	o := risk.Order{Account: w.account(), Instrument: w.instrument(), Mode: risk.MarginMode(w.IntN(2)), Fee: w.IntN(2) == 0}
	c, _ := w.book.Contract(w.s.options.Instruments[o.Instrument].Symbol)
	deposit := w.s.deposits[o.Account]
	initial := float64(deposit) / market.Scale * w.Float64() * 0.7
	leverage := 1 + w.Float64()*60
	if limit := c.MaxLeverage(venue.Exposure{Notional: market.Quote(initial * leverage * market.Scale), Entry: market.Quote(initial * leverage * market.Scale),
		Size: w.size(initial*leverage, o.Instrument)}); w.IntN(10) > 0 {
		leverage = min(leverage, float64(limit))
	}
	o.Leverage = market.Rate(leverage) * market.Scale
	if w.IntN(5) == 0 {
		o.Leverage = market.Rate(leverage * market.Scale)
	}
	o.Price = w.price(w.prices[o.Instrument] * (1 + 0.003*w.NormFloat64()))
	size := w.size(initial*leverage, o.Instrument)
	if w.IntN(4) > 0 {
		size -= size % c.Instrument.Lot
	}
	if w.round {
		size -= size % (market.Scale / 10)
	}
	o.Size = size
	if w.IntN(2) == 0 {
		o.Size = -size
	}
	if o.Mode == risk.Isolated && w.IntN(3) == 0 {
		o.Margin = market.Quote(initial * market.Scale * (0.5 + w.Float64()))
	}
	if w.round && o.Size != 0 && w.IntN(3) == 0 {
		w.equalize(&o, c)
	}
	w.s.steps = append(w.s.steps, step{open: &o})
	for range w.IntN(3) {
		w.stop(o.Account, o.Instrument)
	}
}

// equalize gives an isolated order the margin with which it is worth its requirement at the mark of the next tick.
func (w *writer) equalize(o *risk.Order, c *venue.Contract) {
	side := market.SideOf(o.Size)
	at := w.price(market.Float(o.Price) * (1 - 0.03*float64(side)*w.Float64()))
	n, _ := market.ValueCeil(o.Size.Abs(), at)
	cost, _ := market.ValueFloor(o.Size, o.Price)
	value, _ := market.ValueFloor(o.Size, at)
	entry := cost
	if cost < 0 {
		entry = -cost
	}
	required, ok := c.MaintenanceMargin(venue.Exposure{Size: o.Size.Abs(), Notional: n, Entry: entry, Long: side == market.Long, Leverage: o.Leverage})
	if margin := required + cost - value; ok && margin > 0 {
		o.Mode, o.Margin, o.Fee = risk.Isolated, margin, false
		w.next[o.Instrument] = at
	}
}

func (w *writer) stop(a risk.AccountID, i market.InstrumentID) {
	o := risk.StopOrder{Account: a, Instrument: i, Kind: risk.Stop, Watch: risk.Watch(w.IntN(3))}
	if w.IntN(3) == 0 {
		o.Kind = risk.TakeProfit
	} else if w.IntN(3) == 0 {
		o.Trail = w.price(w.prices[i] * (0.001 + 0.1*w.Float64()))
	}
	o.Trigger = w.price(w.prices[i] * (1 + 0.07*w.NormFloat64()))
	w.s.steps = append(w.s.steps, step{stop: &o})
}
