package report

import (
	"cmp"
	"maps"
	"slices"

	"github.com/liquidation-lab/backtest/internal/scenario"
	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/replay"
	"github.com/liquidation-lab/backtest/pkg/risk"
)

// flow sums what was liquidated.
type flow struct {
	events      int64
	long, short market.Sum
}

func (f *flow) add(e *risk.Event) {
	f.events++
	if e.Side == market.Long {
		f.long.Add(e.Notional)
	} else {
		f.short.Add(e.Notional)
	}
}

// summary prints the sums.
func (f *flow) summary() Flow {
	total := f.total()
	share := undefined
	if !total.IsZero() {
		share = Number(f.long.Float() / total.Float())
	}
	return Flow{Events: f.events, Notional: total.String(), LongNotional: f.long.String(), ShortNotional: f.short.String(), LongShare: share}
}

type minuteFlow struct {
	time market.Time
	flow
}

type groupFlow struct {
	flow
	accounts  bitset
	notionals map[risk.AccountID]float64
	longs     map[held]float64 // realized losses of liquidated longs, quote
}

// held names a position.
type held struct {
	account    risk.AccountID
	instrument market.InstrumentID
}

// tally adds up events in 128 bits.
type tally struct {
	all           flow
	byInstrument  []flow // by id
	byGroup       map[string]*groupFlow
	byMinute      []minuteFlow
	liquidated    bitset
	deleveraged   bitset
	adlEvents     int64
	adlNotional   market.Sum
	adlNotionals  map[risk.AccountID]float64
	takeovers     market.Sum
	interest      []interest // by id
	fees          market.Sum // of liquidations, to the insurance fund
	largest       []LargestEvent
	instruments   []market.Instrument
	assets        assetTally     // of collateral
	largestAmount []market.Quote // notional of largest, descending
}

// largestCount is how many of the largest events are kept.
const largestCount = 25

func newTally(instruments []market.Instrument, assets []replay.AssetMarket) *tally {
	return &tally{assets: newAssetTally(len(instruments), assets), instruments: instruments, byInstrument: make([]flow, len(instruments)), byGroup: map[string]*groupFlow{}, adlNotionals: map[risk.AccountID]float64{}, interest: make([]interest, len(instruments))}
}

func (t *tally) add(e *risk.Event, group string) {
	if t.assets.asset(e) {
		if e.Kind == risk.Liquidation || e.Kind == risk.Takeover { // the account was liquidated, if not a position
			t.liquidated.set(int64(e.Account))
			t.group(group).accounts.set(int64(e.Account))
		}
		return
	}
	switch e.Kind {
	case risk.Liquidation, risk.Takeover:
		t.liquidation(e, group)
	case risk.ADL:
		t.adlEvents++
		t.adlNotional.Add(e.Notional)
		t.adlNotionals[e.Account] += market.Float(e.Notional)
		t.deleveraged.set(int64(e.Account))
	case risk.SocializedLoss:
	default:
		return
	}
	t.keepLargest(e, group)
}

func (t *tally) liquidation(e *risk.Event, group string) {
	t.all.add(e)
	t.fees.Add(e.Fee)
	t.byInstrument[e.Instrument].add(e)
	t.liquidated.set(int64(e.Account))
	t.assets.liquidation(e)
	g := t.group(group)
	g.add(e)
	g.accounts.set(int64(e.Account))
	g.notionals[e.Account] += market.Float(e.Notional)
	if e.Side == market.Long {
		g.longs[held{e.Account, e.Instrument}] -= market.Float(e.RealizedPnL)
	}
	if e.Kind == risk.Takeover {
		t.takeovers.Add(e.Notional)
	}
	minute := e.Time - ((e.Time%market.Minute)+market.Minute)%market.Minute
	if n := len(t.byMinute); n == 0 || t.byMinute[n-1].time != minute {
		t.byMinute = append(t.byMinute, minuteFlow{time: minute})
	}
	t.byMinute[len(t.byMinute)-1].add(e)
}

// group returns the sums of a group.
func (t *tally) group(name string) *groupFlow {
	g := t.byGroup[name]
	if g == nil {
		g = &groupFlow{notionals: map[risk.AccountID]float64{}, longs: map[held]float64{}}
		t.byGroup[name] = g
	}
	return g
}

// keepLargest keeps the events of the largest notional, the earlier first among equals.
func (t *tally) keepLargest(e *risk.Event, group string) {
	n := len(t.largest)
	if n == largestCount && e.Notional <= t.largestAmount[n-1] {
		return
	}
	at, _ := slices.BinarySearchFunc(t.largestAmount, e.Notional, func(kept, new market.Quote) int {
		if kept >= new {
			return -1
		}
		return 1
	})
	t.largestAmount = slices.Insert(t.largestAmount, at, e.Notional)
	t.largest = slices.Insert(t.largest, at, LargestEvent{Time: e.Time.String(), Sequence: e.Sequence, Kind: e.Kind.String(),
		Account: int64(e.Account), Group: group, Symbol: t.instruments[e.Instrument].Symbol, Side: e.Side.String(), Size: e.Size.String(),
		Price: e.Price.String(), Mark: e.Mark.String(), Notional: e.Notional.String(), PnL: e.RealizedPnL.String()})
	if len(t.largest) > largestCount {
		t.largest, t.largestAmount = t.largest[:largestCount], t.largestAmount[:largestCount]
	}
}

// liquidations prints the sums; groups stand in the order of names, the rest by name.
func (t *tally) liquidations(names []string, rounds int32, windows []scenario.StatisticsWindow) Liquidations {
	l := Liquidations{Accounts: t.liquidated.count(), Flow: t.all.summary(), ByInstrument: []InstrumentFlow{}, ByGroup: []GroupFlow{},
		ByMinute: []MinuteFlow{}, RoundsMax: rounds, Timing: t.timing(), ByWindow: t.windows(windows), TakeoverShare: ratio(t.takeovers, t.all.total())}
	for i := range t.byInstrument {
		l.ByInstrument = append(l.ByInstrument, InstrumentFlow{t.instruments[i].Symbol, t.byInstrument[i].summary(), ratio(t.byInstrument[i].total(), t.all.total())})
	}
	for name, g := range t.byGroup {
		l.ByGroup = append(l.ByGroup, GroupFlow{name, g.accounts.count(), g.summary(), concentrationOf(valuesOf(g.notionals)), concentrationOf(valuesOf(g.longs))})
	}
	slices.SortFunc(l.ByGroup, func(x, y GroupFlow) int {
		return cmp.Or(cmp.Compare(indexOrLast(names, x.Group), indexOrLast(names, y.Group)), cmp.Compare(x.Group, y.Group))
	})
	for i := range t.byMinute {
		m := &t.byMinute[i]
		l.ByMinute = append(l.ByMinute, MinuteFlow{m.time.String(), m.long.String(), m.short.String()})
	}
	return l
}

func indexOrLast(names []string, name string) int {
	if i := slices.Index(names, name); i >= 0 {
		return i
	}
	return len(names)
}

// valuesOf returns the values of a map, ascending.
func valuesOf[K comparable](m map[K]float64) []float64 { return slices.Sorted(maps.Values(m)) }
