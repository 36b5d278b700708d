package risk

import (
	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk/ledger"
)

// fund is one insurance fund: the venue's, a group's or an instrument's.
type fund struct {
	balance, floor market.Quote
	history        *minutes // of the balance, where the ADL trigger looks back
	deleveraging   bool     // a drawdown from the peak has set ADL on
}

// lookBack is how many minutes the ADL triggers look back (8 hours; Bybit and OKX state theirs over 8 hours).
const lookBack = 480

// minutes hold the values that were in force at the ends of the last 480 minutes.
type minutes struct {
	ring   [lookBack]market.Quote
	oldest int
	last   int64 // the minute that is not over yet
	sum    market.Int128
	began  bool
}

func minuteOf(t market.Time) int64 {
	m := int64(t) / 60_000
	if int64(t)%60_000 < 0 {
		m--
	}
	return m
}

// advance closes the minutes before t; value was in force at their ends.
func (m *minutes) advance(t market.Time, value market.Quote) {
	now := minuteOf(t)
	if !m.began {
		m.began, m.last = true, now
		for i := range m.ring {
			m.ring[i] = value
			m.sum = m.sum.Add(market.Int128Of(int64(value)))
		}
		return
	}
	for n := min(now-m.last, lookBack); n > 0; n-- {
		m.sum = m.sum.Sub(market.Int128Of(int64(m.ring[m.oldest]))).Add(market.Int128Of(int64(value)))
		m.ring[m.oldest] = value
		m.oldest = (m.oldest + 1) % lookBack
	}
	m.last = max(m.last, now)
}

// peak returns the highest of the minutes and the present value.
func (m *minutes) peak(value market.Quote) market.Quote {
	for _, v := range m.ring {
		value = max(value, v)
	}
	return value
}

// mean returns the average over the minutes, rounded down.
func (m *minutes) mean() market.Quote {
	v, _ := m.sum.DivFloor(lookBack) // an average of quotes fits
	return market.Quote(v)
}

// openFunds splits the opening balance and the floor over the funds of the rulebook's scope (docs/MODEL.md section 5, step 4).
func (x *Exchange) openFunds() {
	names := map[string]int{}
	for i := range x.listings {
		l := &x.listings[i]
		name := ""
		switch x.o.Rulebook.Policies.FundScope {
		case "group":
			name = l.contract.Group
		case "instrument":
			name = l.Symbol
		}
		n, known := names[name]
		if !known {
			n = len(x.funds)
			names[name] = n
			x.funds = append(x.funds, fund{})
		}
		l.fund = n
	}
	if len(x.funds) == 0 {
		x.funds = []fund{{}}
	}
	weights := make([]market.Quote, len(x.funds))
	var total market.Sum
	for i := range x.listings {
		w := market.Quote(1)
		if x.weighted() {
			w = x.o.FundWeights[i]
		}
		weights[x.listings[i].fund] += w
		total.Add(w)
	}
	balance := x.o.InsuranceFund
	for n := range x.funds {
		f := &x.funds[n]
		if sum := int64(total.Quote()); sum > 0 {
			b, _ := market.MulDivFloor(int64(x.o.InsuranceFund), int64(weights[n]), sum) // at most the whole
			l, _ := market.MulDivFloor(int64(x.o.InsuranceFloor), int64(weights[n]), sum)
			f.balance, f.floor = market.Quote(b), market.Quote(l)
		}
		balance -= f.balance
		if x.rules.room >= roomFundPeak {
			f.history = &minutes{}
		}
	}
	// What rounding left over of the balance belongs to the fund of the lowest instrument; floors stay rounded down, since a fund
	// without weight has nothing to keep.
	x.funds[0].balance += balance
	for i := range x.listings {
		if x.rules.room == roomInstrumentPeak {
			x.listings[i].fundHistory = &minutes{}
		}
	}
}

// weighted reports whether the run gave weights that say something.
func (x *Exchange) weighted() bool {
	var sum market.Sum
	for _, w := range x.o.FundWeights {
		sum.Add(w)
	}
	return len(x.o.FundWeights) == len(x.listings) && sum.Sign() > 0
}

// advanceFunds closes the minutes that are over.
func (x *Exchange) advanceFunds() {
	for n := range x.funds {
		if f := &x.funds[n]; f.history != nil {
			f.history.advance(x.now, f.balance)
		}
	}
	for i := range x.listings {
		if l := &x.listings[i]; l.fundHistory != nil {
			l.fundHistory.advance(x.now, l.fundPnL)
		}
	}
}

// payFund moves cash from a holder to an instrument's insurance fund; a negative amount leaves it.
func (x *Exchange) payFund(i market.InstrumentID, from ledger.Holder, amount market.Quote) {
	x.ledger.Post(from, ledger.InsuranceFund, amount)
	l := &x.listings[i]
	x.funds[l.fund].balance += amount
	l.fundPnL += amount
}

// room returns what the instrument's fund may pay before ADL with what its inventories lack kept back, and whether that is less than what it holds above its floor
// because of a drawdown. insolvent says that the scope that was taken over had less than nothing.
func (x *Exchange) room(i market.InstrumentID, insolvent bool) (room market.Quote, byDrawdown bool) {
	l := &x.listings[i]
	f := &x.funds[l.fund]
	balance, available := x.bearable(i), x.available(i)
	switch x.rules.room {
	case roomSolventOnly:
		if insolvent {
			return 0, false
		}
	case roomFundPeak:
		peak := f.history.peak(balance)
		return x.drawdownRoom(available, peak, peak-balance, &f.deleveraging)
	case roomInstrumentPeak:
		pnl := x.earned(i)
		best := l.fundHistory.peak(pnl)
		return x.drawdownRoom(available, f.history.peak(balance), best-pnl, &l.deleveraging)
	case roomFundMean:
		mean := f.history.mean()
		share, _ := x.rules.ADLDrawdown.OfFloor(mean) // a share fits
		return max(0, balance-max(f.floor, mean-max(share, x.rules.ADLAbsolute))), false
	}
	return available, false
}

// drawdownRoom bounds what is available by what a loss from the peak leaves, and ends a deleveraging that is over.
func (x *Exchange) drawdownRoom(available, peak, loss market.Quote, on *bool) (room market.Quote, byDrawdown bool) {
	if stop, _ := x.rules.ADLDrawdownStop.OfFloor(peak); *on && loss <= stop {
		*on = false
	}
	if *on {
		return 0, true
	}
	limit, _ := x.rules.ADLDrawdown.OfFloor(peak)
	allowed := max(0, limit-loss)
	return min(available, allowed), allowed < available
}

// startDeleveraging remembers that a drawdown from the peak stopped the fund.
func (x *Exchange) startDeleveraging(i market.InstrumentID) {
	if x.rules.room == roomInstrumentPeak {
		x.listings[i].deleveraging = true
		return
	}
	x.funds[x.listings[i].fund].deleveraging = true
}
