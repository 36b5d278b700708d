package risk

import (
	"fmt"
	"slices"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk/ledger"
)

// Inventory is what the liquidation engine carries of an instrument and side: it paid Cash for the signed Size (docs/MODEL.md section 14).
type Inventory struct {
	Size market.Qty
	Cash market.Quote
}

// Inventory returns what the liquidation engine carries of an instrument, bought from longs and from shorts.
func (x *Exchange) Inventory(i market.InstrumentID) (long, short Inventory) {
	for _, v := range x.carried {
		switch {
		case v.instrument != i:
		case v.size > 0:
			long = Inventory{v.size, v.cash}
		default:
			short = Inventory{v.size, v.cash}
		}
	}
	return long, short
}

// Carried sums up what the liquidation engine carries at the current marks, of all instruments and both sides.
type Carried struct {
	Notional market.Sum // of the sizes at mark, each rounded up
	Cash     market.Sum // paid for it: of longs less what shorts brought
	Result   market.Sum // value at mark less cash: what it would bring there
}

// Carried returns what the liquidation engine carries. It costs what is carried, and nothing where that is nothing.
func (x *Exchange) Carried() (c Carried) {
	for _, v := range x.carried {
		mark := x.listings[v.instrument].mark
		c.Notional.Add(x.notional(TheExchange, v.instrument, v.size, mark))
		c.Cash.Add(v.cash)
		c.Result.Add(x.value(TheExchange, v.instrument, v.size, mark))
	}
	c.Result.SubSum(c.Cash)
	return c
}

// carryOrder orders what is carried by instrument, longs first.
func carryOrder(a, b inventory) int {
	if a.instrument != b.instrument {
		return int(a.instrument) - int(b.instrument)
	}
	return int(market.SideOf(b.size)) - int(market.SideOf(a.size))
}

// carry keeps a part of what was taken over; the engine has paid for it and the insurance fund stands for it.
func (x *Exchange) carry(v inventory) {
	at, known := slices.BinarySearchFunc(x.carried, v, carryOrder)
	if !known {
		x.carried = slices.Insert(x.carried, at, v)
		return
	}
	x.join(&x.carried[at], v)
}

// join adds to an inventory another one of its instrument and side.
func (x *Exchange) join(v *inventory, more inventory) {
	size, cash := v.size+more.size, v.cash+more.cash
	if market.SideOf(size) != market.SideOf(v.size) || v.cash > 0 == (more.cash > 0) && cash > 0 != (v.cash > 0) {
		x.must(0, false, TheExchange, v.instrument, "inventory")
	}
	v.size, v.cash, v.exempt = size, cash, v.exempt && more.exempt
}

// offerCarried offers everything that is carried anew, by instrument, long before short. While one is offered it is not carried: the
// room for it is what the others leave.
func (x *Exchange) offerCarried() {
	if len(x.carried) == 0 {
		return
	}
	clear(x.ranking)
	x.work.carried = append(x.work.carried[:0], x.carried...)
	for _, v := range x.work.carried {
		at, _ := slices.BinarySearchFunc(x.carried, v, carryOrder)
		x.carried = slices.Delete(x.carried, at, at+1)
		x.dispose(v, false)
	}
	x.allocatePools()
}

// lacks returns what an inventory lacks at mark: the cash that was paid for it less its value there.
func (x *Exchange) lacks(v inventory) market.Quote {
	return x.lacksAt(v, x.listings[v.instrument].mark)
}

// lacksAt is lacks at another price.
func (x *Exchange) lacksAt(v inventory, price market.Price) market.Quote {
	value := x.value(TheExchange, v.instrument, v.size, price)
	return x.amount(market.Int128Of(int64(v.cash)).Sub(market.Int128Of(int64(value))), v.instrument)
}

// amount returns a sum over inventories of an instrument, or of its fund's, as an amount of quote.
func (x *Exchange) amount(sum market.Int128, i market.InstrumentID) market.Quote {
	v, ok := sum.Int64()
	return x.must(market.Quote(v), ok, TheExchange, i, "inventory")
}

// less returns an amount less what the carried inventories that count lack together. What they are worth beyond what was paid for
// them adds nothing: it is no money yet.
func (x *Exchange) less(amount market.Quote, i market.InstrumentID, counts func(*listing) bool) market.Quote {
	if len(x.carried) == 0 {
		return amount
	}
	var lack market.Int128
	for _, v := range x.carried {
		if counts(&x.listings[v.instrument]) {
			lack = lack.Add(market.Int128Of(int64(x.lacks(v))))
		}
	}
	if lack.Sign() <= 0 {
		return amount
	}
	return x.amount(market.Int128Of(int64(amount)).Sub(lack), i)
}

// bearable returns the balance of an instrument's fund less what the inventories that it stands for lack at mark: the balance that
// all rules ask for.
func (x *Exchange) bearable(i market.InstrumentID) market.Quote {
	n := x.listings[i].fund
	return x.less(x.funds[n].balance, i, func(l *listing) bool { return l.fund == n })
}

// earned returns what an instrument brought its fund, less what its own inventories lack at mark.
func (x *Exchange) earned(i market.InstrumentID) market.Quote {
	own := &x.listings[i]
	return x.less(own.fundPnL, i, func(l *listing) bool { return l == own })
}

// available is what an instrument's fund may pay: what it can bear above its floor.
func (x *Exchange) available(i market.InstrumentID) market.Quote {
	return max(x.bearable(i)-x.funds[x.listings[i].fund].floor, 0)
}

// checkCarried compares the engine's cash with what was paid for its inventories.
func (x *Exchange) checkCarried() error {
	balance := x.ledger.Balance(ledger.Engine)
	for _, v := range x.carried {
		x.notional(TheExchange, v.instrument, v.size, x.listings[v.instrument].mark) // what does not fit is an error here, and not in a view
		balance.Add(v.cash)
	}
	if !balance.IsZero() {
		return fmt.Errorf("exchange: defect at %v: the liquidation engine kept %v beyond what it carries", x.now, balance)
	}
	return nil
}

// carriedSize returns the signed size that the engine carries of an instrument.
func (x *Exchange) carriedSize(i market.InstrumentID) (sum market.Int128) {
	for _, v := range x.carried {
		if v.instrument == i {
			addQty(&sum, v.size)
		}
	}
	return sum
}
