package replay

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk"
	"github.com/liquidation-lab/backtest/pkg/strategy"
)

// inKind is what an account deposits as a collateral asset: a part of its deposit, at haircut value.
type inKind struct {
	asset market.InstrumentID
	value market.Quote // 0: nothing
}

// holdingStream keeps the draws of who holds an asset apart from all others of the same account.
const holdingStream = 0x636f6c6c61746572

// endow draws which cross accounts of the crowd hold an asset. Draws depend on seed and the account's number alone, from a stream of
// their own: the crowd is the same but for what its deposits are.
func (p *plan) endow() {
	if p.scenario.Crowd == nil || p.scenario.Crowd.Collateral == nil {
		return
	}
	c := p.scenario.Crowd.Collateral
	weights := make([]float64, len(c.Assets))
	ids := make([]market.InstrumentID, len(c.Assets))
	for i, a := range c.Assets {
		weights[i] = a.Weight
		ids[i], _ = p.asset(a.Symbol)
	}
	assets := newWeighted(weights)
	pcg := &rand.PCG{}
	r := rand.New(pcg)
	holders, cross := make([]int, len(c.Assets)), 0
	for i := range p.crowd {
		a := &p.crowd[i]
		if a.Mode != risk.Cross {
			continue
		}
		cross++
		accountSource(pcg, p.scenario.CrowdSeed()^holdingStream, uint64(a.number))
		if r.Float64() >= c.Share {
			continue
		}
		k := assets.pick(r)
		if ids[k] < 0 { // what it follows is not replayed
			continue
		}
		value, _ := market.MulDivFloor(int64(a.Deposit), int64(c.Part), market.Scale) // a part of an amount
		a.holding = inKind{ids[k], market.Quote(value)}
		holders[k]++
	}
	var list []string
	for k, n := range holders {
		list = append(list, fmt.Sprintf("%s %d", c.Assets[k].Symbol, n))
	}
	p.note("crowd: of %d cross accounts some hold %v%% of their deposit as an asset, drawn, not observed: %s", cross, market.Float(c.Part)*100, strings.Join(list, ", "))
}

// sizeOf returns how much of an asset has at most a value after the haircut, in lots rounded down, and what it counts. A value that at
// this price is a size of 92 billion or more does not fit.
func (a *assetPath) sizeOf(value market.Quote, price market.Price) (size market.Qty, counts market.Quote, err error) {
	whole, ok1 := market.MulDivFloor(int64(value), market.Scale, int64(price))
	gross, ok2 := market.MulDivFloor(whole, market.Scale, market.Scale-int64(a.Haircut))
	if !ok1 || !ok2 {
		return 0, 0, fmt.Errorf("collateral %s: %v quote at a price of %v are more units than a size can count; state a larger unit of the asset, with a higher parity", a.Symbol, value, price)
	}
	size = market.Qty(gross) - market.Qty(gross)%a.Lot
	v, _ := market.ValueFloor(size, price) // size was derived from a value at this price
	h, _ := market.MulDivFloor(int64(v), market.Scale-int64(a.Haircut), market.Scale)
	return size, market.Quote(h), nil
}

// openHolding opens an account whose deposit is partly an asset. What is left of the part below a lot stays quote currency, so that the deposit
// is the same. The exchange tells of no deposits: the event of one in kind is told here.
func (d *desk) openHolding(h holder, k inKind) (id risk.AccountID, err error) {
	var size market.Qty
	if k.value > 0 {
		if price := d.lastPrice(k.asset); price > 0 {
			if size, h.inKind, err = d.plan.assets[int(k.asset)-len(d.plan.instruments)].sizeOf(k.value, price); err != nil {
				return 0, err
			}
		}
	}
	if id, err = d.tracker.add(h); err != nil || size == 0 {
		return id, err
	}
	if err := d.tracker.exchange.Hold(id, k.asset, size); err != nil {
		return id, err // names account and asset
	}
	if got := d.tracker.exchange.Account(id).Deposited; got != h.deposit {
		return id, fmt.Errorf("replay: defect: account %d has deposited %v where %v was expected", id, got, h.deposit)
	}
	price := d.lastPrice(k.asset)
	notional, _ := market.ValueCeil(size, price) // the exchange has valued it
	d.tracker.event(&risk.Event{Time: h.entryTime, Kind: risk.Entry, Side: market.Long, Instrument: k.asset, Account: id, Size: size,
		Price: price, Mark: price, Notional: notional})
	return id, d.tracker.err
}

// holdingOf returns what a rule's account of an equity holds.
func (d *desk) holdingOf(r int32, equity market.Quote) inKind {
	h := d.plan.rules[r].Collateral
	if h == nil {
		return inKind{}
	}
	id, _ := d.plan.asset(h.Asset)
	value, _ := market.MulDivFloor(int64(equity), int64(h.Part), market.Scale) // a part of an amount
	return inKind{id, market.Quote(value)}
}

// errFloorWithAsset refuses a rule whose stop is a floor of the equity where that moves with an asset too.
var errFloorWithAsset = errors.New("a stop at a floor of the equity is a price of the one position that moves it, and this account's equity moves with its collateral too; leave collateral out, or choose another stop")

// allowed refuses what collateral does not go together with.
func (r *rule) allowed(plan *strategy.Plan) error {
	if r.Collateral != nil && plan.EquityFloor != 0 {
		return errFloorWithAsset
	}
	return nil
}

// pace makes both runs of a counterfactual walk in the same steps, whatever was altered of the assets.
func pace(a, b *plan) {
	both := slices.Concat(a.pacing, b.pacing)
	a.pacing, b.pacing = both, both
}
