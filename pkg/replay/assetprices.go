package replay

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/liquidation-lab/backtest/internal/scenario"
	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk"
)

// assetPath is how a collateral asset is priced: parity · R(t) · share(t) (docs/MODEL.md section 15).
type assetPath struct {
	scenario.Asset
	follows market.InstrumentID // follows nothing below 0
	depeg   bool
	place   string // of the asset in the scenario
}

// price returns the asset's price at a time, at the last price of what it follows, rounded down to the tick, one tick at least; false
// where it has none yet.
func (a *assetPath) price(t market.Time, last market.Price) (market.Price, bool, error) {
	if a.follows < 0 {
		last = market.Scale
	} else if last <= 0 {
		return 0, false, nil
	}
	share := market.Rate(market.Scale)
	if a.depeg {
		share = a.ShareAt(t)
	}
	whole, ok1 := market.MulDivFloor(int64(a.Parity), int64(last), market.Scale)
	v, ok2 := market.MulDivFloor(whole, int64(share), market.Scale)
	if !ok1 || !ok2 {
		return 0, false, fmt.Errorf("%v times %v, the share of parity %v at %v, exceeds 92,233,720,368; lower it", a.Parity, last, share, t)
	}
	return onTick(market.Price(v), a.Tick), true, nil
}

// between returns in how many steps the path's own move from one time to another is walked, no more than its seconds. Whether the
// asset leaves parity in the run does not matter: runs that differ in that alone are walked in the same steps.
func (a *assetPath) between(from, to market.Time, step market.Rate) int {
	if step <= 0 || to <= from || len(a.Path) == 0 || to <= a.Path[0].Time || from >= a.Path[len(a.Path)-1].Time {
		return 1
	}
	at := a.ShareAt(from)
	moved, least := at-at, at
	pass := func(share market.Rate) {
		moved += max(share-at, at-share)
		at, least = share, min(least, share)
	}
	for _, p := range a.Path {
		if p.Time > from && p.Time < to {
			pass(p.Share)
		}
	}
	pass(a.ShareAt(to))
	seconds := max(int((to-from)/market.Second), 1)
	switch {
	case moved == 0:
		return 1
	case least == 0:
		return seconds
	}
	return min(int(math.Ceil(float64(moved)/float64(least)/market.Float(step)-1e-9)), seconds)
}

// readCollateral lays out the assets of the scenario, ordered by symbol, where somebody may hold one. Their ids follow those of the instruments.
func (p *plan) readCollateral() error {
	c := p.scenario.Collateral
	if c == nil {
		return nil
	}
	if !p.scenario.HoldsAssets() {
		p.note("nobody holds a collateral asset: their prices would change nothing and are left out")
		return nil
	}
	for i, a := range c.Assets {
		path := fmt.Sprintf("collateral.assets.%d", i)
		if _, taken := p.find(a.Symbol); taken {
			return p.scenario.At(path+".symbol", fmt.Errorf("%s is an instrument of the run; an asset has a symbol of its own, such as that of the coin", a.Symbol))
		}
		follows := -1
		if a.Of != "" {
			var listed bool
			if follows, listed = p.find(a.Of); !listed && !p.ruleHolds(a.Symbol) {
				p.note("collateral: %s follows %s, which is not replayed: who would hold it holds quote currency", a.Symbol, a.Of)
				continue
			} else if !listed {
				return p.scenario.At(path+".of", fmt.Errorf("%s is not replayed; name one of %s, or leave of out and give parity in quote", a.Of, p.symbols()))
			}
		}
		a.Depth = p.scenario.Execution.Deepened(a.Depth)
		p.assets = append(p.assets, assetPath{a, market.InstrumentID(follows), c.Depeg, path})
	}
	slices.SortFunc(p.assets, func(a, b assetPath) int { return strings.Compare(a.Symbol, b.Symbol) })
	p.pacing = p.assets
	return nil
}

// ruleHolds reports whether a rule under test holds an asset.
func (p *plan) ruleHolds(symbol string) bool {
	return p.scenario.Probes != nil && slices.ContainsFunc(p.scenario.Probes.Expand(), func(r scenario.PlacedRule) bool {
		return r.Collateral != nil && r.Collateral.Asset == symbol
	})
}

func (p *plan) symbols() string {
	list := make([]string, len(p.instruments))
	for i := range p.instruments {
		list[i] = p.instruments[i].Symbol
	}
	return strings.Join(list, ", ")
}

// collateral are the assets as the exchange takes them.
func (p *plan) collateral() (list []risk.Collateral) {
	for i := range p.assets {
		a := &p.assets[i]
		list = append(list, risk.Collateral{Symbol: a.Symbol, Haircut: a.Haircut, Tick: a.Tick, Lot: a.Lot})
	}
	return list
}

// asset returns the id and the path of a symbol.
func (p *plan) asset(symbol string) (market.InstrumentID, *assetPath) {
	i := slices.IndexFunc(p.assets, func(a assetPath) bool { return a.Symbol == symbol })
	if i < 0 {
		return -1, nil
	}
	return market.InstrumentID(len(p.instruments) + i), &p.assets[i]
}

// AssetMarket is a collateral asset, and what its price did.
type AssetMarket struct {
	scenario.Asset
	Depeg                    bool         // its price leaves parity where its path says so
	Opening, Lowest, Closing market.Price // 0 where it never had a price
	LowTime                  market.Time
}

// OffParity reports whether the asset stands away from its parity at a time.
func (m *AssetMarket) OffParity(t market.Time) bool { return m.Depeg && m.ShareAt(t) != market.Scale }

// assetPrices gives the exchange the prices of collateral assets: at every tick and step of the data's path, where they changed. They
// follow the data's last prices, never displaced ones: what an asset follows is worth what the rest of the market pays for it.
type assetPrices struct {
	scenario *scenario.Scenario
	exchange *risk.Exchange
	first    market.InstrumentID // of the assets
	assets   []assetPath
	last     []market.Price // of the data, by instrument
	prices   []market.Price // as the exchange has them
	told     []AssetMarket
	list     []risk.PriceUpdate
	out      risk.Tick
}

// assetPrices returns what gives an exchange the prices of the plan's assets, nil without any.
func (p *plan) assetPrices(x *risk.Exchange) *assetPrices {
	if len(p.assets) == 0 {
		return nil
	}
	a := &assetPrices{scenario: p.scenario, exchange: x, first: market.InstrumentID(len(p.instruments)), assets: p.assets,
		last: make([]market.Price, len(p.instruments)), prices: make([]market.Price, len(p.assets)), told: make([]AssetMarket, len(p.assets))}
	for i := range p.assets {
		a.told[i] = AssetMarket{Asset: p.assets[i].Asset, Depeg: p.assets[i].depeg}
	}
	return a
}

// updates takes in a tick of the data's path and returns the assets whose prices it changes. The slice is reused.
func (a *assetPrices) updates(t *risk.Tick) ([]risk.PriceUpdate, error) {
	for i := range t.Prices {
		a.last[t.Prices[i].Instrument] = t.Prices[i].Last
	}
	a.list = a.list[:0]
	for i := range a.assets {
		s := &a.assets[i]
		var last market.Price
		if s.follows >= 0 {
			last = a.last[s.follows]
		}
		price, known, err := s.price(t.Time, last)
		if err != nil {
			return nil, a.scenario.At(s.place+".parity", err)
		}
		if !known || price == a.prices[i] {
			continue
		}
		u := risk.PriceUpdate{Instrument: a.first + market.InstrumentID(i), Mark: price, Last: price}
		m := &a.told[i]
		if a.prices[i] == 0 {
			u.Gap, u.BidDepth, u.AskDepth = true, s.Depth, s.Depth
			m.Opening, m.Lowest, m.LowTime = price, price, t.Time
		}
		if price < m.Lowest {
			m.Lowest, m.LowTime = price, t.Time
		}
		a.prices[i], m.Closing = price, price
		a.list = append(a.list, u)
	}
	return a.list, nil
}

// tick gives the exchange a tick of the data's path with the prices of the assets.
func (a *assetPrices) tick(t *risk.Tick) error {
	list, err := a.updates(t)
	if err != nil {
		return err
	}
	a.out.Time, a.out.Funding = t.Time, t.Funding
	a.out.Prices = append(append(a.out.Prices[:0], t.Prices...), list...)
	return a.exchange.Tick(&a.out)
}
