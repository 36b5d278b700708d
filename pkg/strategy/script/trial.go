package script

import (
	"fmt"
	"strings"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/strategy"
)

// Decision is what a function of a script decided in a made-up situation, or how it failed.
type Decision struct {
	Function, Situation, Answer string
	Err                         error
}

// Trial calls every function that the script defines with made-up contexts: entries at 100 with an equity of 1,000 after
// a rise, a fall and a standstill, on both sides. Nothing in it is market data.
func Trial(p *Program) []Decision {
	t := trial{Program: p}
	for _, function := range Functions() {
		if !p.Has(function) {
			continue
		}
		if function == "setups" {
			t.setups()
			continue
		}
		for _, m := range []struct {
			name  string
			drift int64
		}{{"after a rise", 1}, {"after a fall", -1}, {"after a standstill", 0}} {
			for _, side := range []market.Side{market.Long, market.Short} {
				c := madeUp(side, m.drift)
				situation := fmt.Sprintf("%s at 100, %s", side, m.name)
				t.decide(function, situation, c)
			}
		}
	}
	return t.all
}

type trial struct {
	*Program
	all []Decision
}

func (t *trial) add(function, situation, answer string, err error) {
	t.all = append(t.all, Decision{function, situation, answer, err})
}

// madeBars are so many minutes that end at 100, a hundredth of a percent a bar up, down or to and fro.
func madeBars(n int, drift int64) strategy.BarList {
	bars := make(strategy.BarList, n)
	unit := market.Price(100 * market.Scale / 10_000)
	for i := range bars {
		at := market.Time(i-n)*market.Minute + madeTime
		price := 100*market.Scale - unit*market.Price(int64(n-1-i)*drift) + unit*market.Price((i%3-1)*2)
		bars[i] = strategy.Bar{Time: at, End: at + market.Minute, Open: price, Close: price + unit, High: price + 2*unit, Low: price - unit}
	}
	return bars
}

// madeTime is 2025-01-01T00:00:00Z.
const madeTime = market.Time(1_735_689_600_000)

func madeUp(side market.Side, drift int64) *strategy.Context {
	bars := madeBars(2000, drift)
	return &strategy.Context{Setup: strategy.Setup{Time: madeTime, Symbol: "BTCUSDT", Side: side}, Price: 100 * market.Scale, Equity: 1000 * market.Scale,
		ATR: func(n int) (market.Price, bool) { return strategy.ATR(bars, n) },
		Bars: func(n int) (strategy.Bars, bool) {
			if n > len(bars) {
				return nil, false
			}
			return bars[len(bars)-n:], true
		},
		Instrument: market.Instrument{Symbol: "BTCUSDT", Base: "BTC", Quote: "USDT", Tick: market.Scale / 100, Lot: market.Scale / 1000},
		Exchange:   madeVenue{}, Record: strategy.NewRecord(1000 * market.Scale)}
}

// madeVenue has one tier: at most 100x, a maintenance margin rate of 0.5%, no fee in the trigger.
type madeVenue struct{}

func (madeVenue) MaxLeverage(string, market.Quote) int { return 100 }

func (madeVenue) TakerFee() market.Rate { return market.Scale / 2000 }

func (madeVenue) LiquidationPrice(_ string, side market.Side, _ market.Qty, entry market.Price, leverage market.Rate) (market.Price, bool) {
	s := int64(side)
	margin, ok := market.MulDivCeil(int64(entry), market.Scale, int64(max(leverage, 1)))
	price, fits := market.MulDivFloor(int64(entry)-s*margin, market.Scale, market.Scale-s*market.Scale/200)
	return market.Price(price), ok && fits && price > 0
}

func (t *trial) decide(function, situation string, c *strategy.Context) {
	two := strategy.StopOrder{Active: true, Distance: 2 * market.Scale, Watch: strategy.WatchLast}
	switch function {
	case "size":
		v, err := sizing{t.Program}.Size(c, two)
		t.add(function, situation+", stop 2 away", v.String(), err)
	case "leverage":
		v, err := leverage{t.Program}.Leverage(c, market.Scale)
		t.add(function, situation+", size 1", v.String()+"x", err)
	case "stop":
		v, err := stop{t.Program}.Stop(c)
		t.add(function, situation, describeStop(v), err)
	case "take_profit":
		v, err := takeProfit{t.Program}.Rungs(c, two)
		var rungs []string
		for _, r := range v {
			rungs = append(rungs, fmt.Sprintf("%s of it at %s", percent(r.Share), r.Price))
		}
		t.add(function, situation+", stop 2 away", orNone(strings.Join(rungs, ", ")), err)
	case "manage":
		t.manage(situation, c)
	}
}

func percent(r market.Rate) string { return market.Format(r*100) + "%" }

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

func describeStop(s strategy.StopOrder) string {
	var words []string
	if s.Active {
		words = append(words, fmt.Sprintf("%s away, watching %s, %s order", s.Distance, s.Watch, s.Fill))
	}
	if s.Trailing {
		words = append(words, "trailing")
	}
	if s.Near > 0 {
		words = append(words, fmt.Sprintf("%s of it %s away", percent(s.NearShare), s.Near))
	}
	if s.Loss > 0 {
		words = append(words, percent(s.Loss)+" of equity")
	}
	if s.After > 0 {
		words = append(words, "after "+market.FormatInterval(s.After))
	}
	return orNone(strings.Join(words, ", "))
}

// manage tells a story: a position of one contract is opened, everything that its management asks for comes true once, and
// it is stopped.
func (t *trial) manage(situation string, c *strategy.Context) {
	a, err := management{t.Program}.Attend(c, &strategy.Plan{})
	if err != nil {
		t.add("manage", situation, "", err)
		return
	}
	holding := strategy.Holding{Size: market.Qty(c.Setup.Side) * market.Scale, EntryPrice: c.Price, Leverage: 10 * market.Scale, Margin: 10 * market.Scale}
	holding.LiquidationPrice, _ = madeVenue{}.LiquidationPrice("", c.Setup.Side, market.Scale, c.Price, 10*market.Scale)
	now := madeTime
	tell := func(o strategy.Occasion) (actions []strategy.Action, ok bool) {
		o.Time, o.Mark, o.Last, o.Wallet, o.Equity, o.Context = now, c.Price, c.Price, 990*market.Scale, 1000*market.Scale, c
		if o.Kind != strategy.Closed {
			o.Position = holding
		}
		if o.Kind == strategy.PriceReached {
			o.Mark, o.Last = o.Price, o.Price
		}
		actions, err := a.On(&o)
		var words []string
		for _, x := range actions {
			words = append(words, describeAction(x))
		}
		t.add("manage", situation+": "+o.Kind.String(), orNone(strings.Join(words, ", ")), err)
		return actions, err == nil
	}
	actions, ok := tell(strategy.Occasion{Kind: strategy.Opened, Price: c.Price})
	for k := 0; ok && k < len(actions) && k < 10; k++ {
		switch x := actions[k]; x.Kind {
		case strategy.WakeAtPrice:
			_, ok = tell(strategy.Occasion{Kind: strategy.PriceReached, Tag: x.Tag, Price: x.Price})
		case strategy.WakeAtTime:
			now = max(now, x.Time)
			_, ok = tell(strategy.Occasion{Kind: strategy.TimeReached, Tag: x.Tag})
		case strategy.WakeAtFunding:
			_, ok = tell(strategy.Occasion{Kind: strategy.FundingSettled, Tag: x.Tag})
		case strategy.AddAt, strategy.AddNow:
			_, ok = tell(strategy.Occasion{Kind: strategy.Added, Price: c.Price})
		}
	}
	if ok {
		tell(strategy.Occasion{Kind: strategy.Closed, How: strategy.EndedByStop, Price: c.Price})
	}
}

func describeAction(a strategy.Action) string {
	s := a.Kind.String()
	if a.Size > 0 {
		s += " " + a.Size.String()
	}
	if a.Price > 0 {
		s += fmt.Sprintf(" %s", a.Price)
	}
	if a.Time > 0 {
		s += " " + a.Time.String()
	}
	if a.Amount > 0 {
		s += " " + a.Amount.String()
	}
	if a.Symbol != "" {
		s += " " + a.Symbol
	}
	return s
}

// setups asks for the entries of a day of made-up bars.
func (t *trial) setups() {
	bars := madeBars(1440, 1)
	w := strategy.Window{From: bars[0].Time, To: bars[len(bars)-1].End, Symbols: []string{"BTCUSDT", "ETHUSDT"}, Seed: 1,
		Bars: func(_ string, visit func(strategy.Bar) error) error {
			for _, b := range bars {
				if err := visit(b); err != nil {
					return err
				}
			}
			return nil
		},
		Funding: func(_ string, visit func(market.Time, market.Rate) error) error {
			for k := range market.Time(3) {
				if err := visit(bars[0].Time+k*8*market.Hour, market.Rate(10_000*(1-k))); err != nil {
					return err
				}
			}
			return nil
		}}
	setups, err := entry{t.Program}.Setups(w)
	answer := fmt.Sprintf("%d setups", len(setups))
	for k, s := range setups {
		if k == 3 {
			answer += ", ..."
			break
		}
		answer += fmt.Sprintf(", %s %s at %s", s.Side, s.Symbol, s.Time)
	}
	t.add("setups", "a day of minutes that rise", answer, err)
}
