package risk

import (
	"fmt"
	"slices"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk/ledger"
	"github.com/liquidation-lab/backtest/pkg/risk/venue"
)

// addCollateral lists the collateral assets behind the instruments, whose funds are open. An asset belongs to the first fund: the
// venue's, or that of the lowest instrument.
func (x *Exchange) addCollateral() error {
	for k, c := range x.o.Collateral {
		switch {
		case c.Symbol == "":
			return fmt.Errorf("exchange: collateral asset %d has no symbol", k)
		case k > 0 && x.o.Collateral[k-1].Symbol >= c.Symbol:
			return fmt.Errorf("exchange: collateral asset %s follows %s; expected ascending symbols without repetition", c.Symbol, x.o.Collateral[k-1].Symbol)
		case slices.ContainsFunc(x.o.Instruments, func(in market.Instrument) bool { return in.Symbol == c.Symbol }):
			return fmt.Errorf("exchange: collateral asset %s has the symbol of an instrument; expected another one", c.Symbol)
		case c.Haircut < 0 || c.Haircut >= market.Scale:
			return fmt.Errorf("exchange: collateral asset %s has a haircut of %v; expected 0 to below 1", c.Symbol, c.Haircut)
		case c.Tick <= 0 || c.Lot <= 0:
			return fmt.Errorf("exchange: collateral asset %s has a tick of %v and a lot of %v; expected both above 0", c.Symbol, c.Tick, c.Lot)
		}
		contract := venue.CollateralContract(market.Instrument{Symbol: c.Symbol, Base: c.Symbol, Tick: c.Tick, Lot: c.Lot})
		l := listing{Instrument: contract.Instrument, contract: contract, haircut: c.Haircut}
		l.screen.init(contract)
		if x.rules.room == roomInstrumentPeak {
			l.fundHistory = &minutes{}
		}
		x.listings = append(x.listings, l)
	}
	return nil
}

// isCollateral reports whether a listing is a collateral asset.
func (x *Exchange) isCollateral(i market.InstrumentID) bool { return int(i) >= len(x.o.Instruments) }

// refuseCollateral returns a *Refusal of an order on a collateral asset, nil for an instrument.
func (x *Exchange) refuseCollateral(a AccountID, i market.InstrumentID) error {
	if !x.isCollateral(i) {
		return nil
	}
	return &Refusal{Account: a, Symbol: x.listings[i].Symbol,
		Rule: "a collateral asset takes no orders; it is deposited with Hold and sold by liquidation only"}
}

// counted returns what a signed size counts toward its scope's equity at a price: its value, or of a collateral asset floor(V·(1 − h)).
func (x *Exchange) counted(a AccountID, i market.InstrumentID, size market.Qty, p market.Price) market.Quote {
	v := x.value(a, i, size, p)
	if h := x.listings[i].haircut; h != 0 {
		v, _ = (market.Scale - h).OfFloor(v) // a share fits
	}
	return v
}

// Hold deposits a size > 0 of a collateral asset in kind: the account has deposited the holding's haircut value and bought the
// asset of the provider for it (docs/MODEL.md section 15). The asset needs a price. It returns a *Refusal where the rules do not
// accept it and an *OverflowError for a holding too large; nothing has changed then. No event tells of it, as of other deposits.
func (x *Exchange) Hold(a AccountID, asset market.InstrumentID, size market.Qty) (err error) {
	defer guard(&err)
	if asset < 0 || int(asset) >= len(x.listings) {
		return fmt.Errorf("exchange: account %d: collateral asset %d; expected %d to %d", a, asset, len(x.o.Instruments), len(x.listings)-1)
	}
	l := &x.listings[asset]
	refuse := func(format string, args ...any) error {
		return &Refusal{Account: a, Symbol: l.Symbol, Rule: fmt.Sprintf(format, args...)}
	}
	switch {
	case !x.isCollateral(asset):
		return refuse("an instrument is no collateral; expected one of the run's collateral assets")
	case !l.priced:
		return refuse("the asset has no price yet; deposits of it are possible from its first tick on")
	case size <= 0:
		return refuse("size %v; expected a positive size", size)
	}
	worth := x.counted(a, asset, size, l.mark)
	id := x.find(a, asset)
	account := &x.accounts[a]
	held, cost := market.Qty(0), market.Quote(0)
	if id != none {
		held, cost = x.positions[id].size, x.positions[id].cost
	}
	x.must(0, held+size > held, a, asset, "size")
	x.must(0, cost+worth >= cost, a, asset, "cost")
	x.must(0, account.wallet+worth >= account.wallet && account.deposited+worth >= account.deposited, a, asset, "deposit")
	x.value(a, asset, held+size, l.mark)
	if id == none {
		id = x.insert(Order{Account: a, Instrument: asset, Mode: Cross, Leverage: market.Scale})
		account = &x.accounts[a]
	}
	account.wallet += worth
	account.deposited += worth
	x.ledger.Post(ledger.External, ledger.Traders, worth)
	x.ledger.Post(ledger.Traders, ledger.Provider, worth)
	x.resize(id, size)
	addQty(&l.provider, -size)
	x.positions[id].cost += worth
	x.file(x.scopeOf(id))
	return nil
}
