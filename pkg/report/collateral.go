package report

import (
	"fmt"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/replay"
	"github.com/liquidation-lab/backtest/pkg/risk"
)

// Collateral is what became of the assets that accounts held beside quote currency, and of the positions that they backed. Sales of
// assets are no liquidations of positions and are in no other section but the fund's.
type Collateral struct {
	Depeg     bool              `json:"depeg"` // prices leave parity where the scenario says so
	Holders   int               `json:"holders"`
	Deposited string            `json:"deposited"` // at haircut value
	Linked    LinkedFlow        `json:"linked"`
	OffParity LinkedFlow        `json:"linked_off_parity"`
	Assets    []CollateralAsset `json:"assets"`
}

// CollateralAsset is one asset.
type CollateralAsset struct {
	Symbol     string `json:"symbol"`
	Of         string `json:"of,omitempty"` // instrument that it follows
	Haircut    string `json:"haircut"`
	Opening    string `json:"opening"` // prices in quote; "0" where it never had one
	Lowest     string `json:"lowest"`
	LowestTime string `json:"lowest_time"`
	Closing    string `json:"closing"`
	Holders    int    `json:"holders"`   // accounts that deposited it
	Deposited  string `json:"deposited"` // at haircut value
	// Sold is what was sold by force, of accounts and of what the exchange had taken over.
	Sold      AssetSales `json:"sold"`
	Linked    LinkedFlow `json:"linked"`            // of accounts that deposited it
	OffParity LinkedFlow `json:"linked_off_parity"` // of them, while it stood away from its parity
}

// AssetSales are forced sales of an asset.
type AssetSales struct {
	Events   int64  `json:"events"`
	Size     string `json:"size"`
	Notional string `json:"notional"`    // that they brought
	Fund     string `json:"fund_result"` // what they changed the insurance fund by
}

// LinkedFlow is what was liquidated of the positions of accounts that deposited an asset.
type LinkedFlow struct {
	Accounts int    `json:"accounts"`
	Notional string `json:"notional"`
}

// linkedFlow sums it.
type linkedFlow struct {
	accounts bitset
	notional market.Sum
}

func (l *linkedFlow) add(e *risk.Event) {
	l.accounts.set(int64(e.Account))
	l.notional.Add(e.Notional)
}

func (l *linkedFlow) summary() LinkedFlow { return LinkedFlow{l.accounts.count(), l.notional.String()} }

// assetTally adds up the events of collateral assets, whose ids follow those of the instruments.
type assetTally struct {
	first            market.InstrumentID
	markets          []replay.AssetMarket
	sums             []assetSums
	linked, off, all linkedFlow // of all assets; all: who deposited what
}

type assetSums struct {
	deposits, linked, off linkedFlow
	sales                 int64
	size                  market.Sum
	sold, fund            market.Sum
}

func newAssetTally(instruments int, markets []replay.AssetMarket) assetTally {
	return assetTally{first: market.InstrumentID(instruments), markets: markets, sums: make([]assetSums, len(markets))}
}

// asset takes in an event of an asset and reports whether it was one.
func (t *assetTally) asset(e *risk.Event) bool {
	if e.Instrument < t.first {
		return false
	}
	i := e.Instrument - t.first
	s := &t.sums[i]
	s.fund.Add(e.FundDelta)
	switch e.Kind {
	case risk.Entry, risk.Add:
		worth, _ := market.ValueFloor(e.Size, e.Price) // the exchange has valued it
		worth, _ = (market.Scale - t.markets[i].Haircut).OfFloor(worth)
		for _, l := range []*linkedFlow{&s.deposits, &t.all} {
			l.accounts.set(int64(e.Account))
			l.notional.Add(worth)
		}
	case risk.Liquidation, risk.Insurance, risk.SocializedLoss:
		if !e.Book { // a gap in money, which a sale left
			break
		}
		s.sales++
		s.size.Add(market.Quote(e.Size))
		s.sold.Add(e.Notional)
	}
	return true
}

// liquidation takes in a liquidated position.
func (t *assetTally) liquidation(e *risk.Event) {
	held, off := false, false
	for i := range t.sums {
		s := &t.sums[i]
		if !s.deposits.accounts.has(int64(e.Account)) {
			continue
		}
		held = true
		s.linked.add(e)
		if t.markets[i].OffParity(e.Time) {
			off = true
			s.off.add(e)
		}
	}
	if held {
		t.linked.add(e)
	}
	if off {
		t.off.add(e)
	}
}

// summary prints the sums; nil without assets.
func (t *assetTally) summary() *Collateral {
	if len(t.markets) == 0 {
		return nil
	}
	c := &Collateral{Holders: t.all.accounts.count(), Deposited: t.all.notional.String(), Linked: t.linked.summary(), OffParity: t.off.summary()}
	for i := range t.markets {
		m, s := &t.markets[i], &t.sums[i]
		c.Depeg = m.Depeg
		a := CollateralAsset{Symbol: m.Symbol, Of: m.Of, Haircut: m.Haircut.String(), Opening: m.Opening.String(), Lowest: m.Lowest.String(),
			Closing: m.Closing.String(), Holders: s.deposits.accounts.count(), Deposited: s.deposits.notional.String(),
			Sold:   AssetSales{Events: s.sales, Size: s.size.String(), Notional: s.sold.String(), Fund: s.fund.String()},
			Linked: s.linked.summary(), OffParity: s.off.summary()}
		if m.LowTime != 0 {
			a.LowestTime = m.LowTime.String()
		}
		c.Assets = append(c.Assets, a)
	}
	return c
}

// symbolsOf names instruments and the assets behind them by id.
func symbolsOf(res *replay.Result) []string {
	list := make([]string, 0, len(res.Instruments)+len(res.Assets))
	for i := range res.Instruments {
		list = append(list, res.Instruments[i].Symbol)
	}
	for i := range res.Assets {
		list = append(list, res.Assets[i].Symbol)
	}
	return list
}

// Sentence words what the assets did to the positions that they backed.
func (c *Collateral) Sentence() string {
	s := fmt.Sprintf("%s accounts deposited assets that count %s after the haircut. Of their positions %s was liquidated, of %s accounts",
		count(c.Holders), amount(c.Deposited), amount(c.Linked.Notional), count(c.Linked.Accounts))
	if !c.Depeg {
		return s + "; prices of assets stay at parity in this run."
	}
	return s + fmt.Sprintf("; %s of it, of %s accounts, while the asset stood away from its parity. That an account holds an asset does not say that it was liquidated for its sake: a run with --what-if collateral.depeg=false tells.",
		amount(c.OffParity.Notional), count(c.OffParity.Accounts))
}

func (p *printer) collateral(s *Summary) {
	c := s.Collateral
	if c == nil {
		return
	}
	p.section("Collateral in assets")
	var rows []table.Row
	for _, a := range c.Assets {
		at := "–"
		if a.LowestTime != "" {
			at = clock(a.LowestTime)
		}
		rows = append(rows, table.Row{a.Symbol, share(Number(parse(a.Haircut))), price(a.Opening), price(a.Lowest), at, price(a.Closing), count(a.Holders),
			shortOf(a.Deposited), shortOf(a.Sold.Notional), shortOf(a.Sold.Fund), shortOf(a.Linked.Notional), shortOf(a.OffParity.Notional), count(a.OffParity.Accounts)})
	}
	p.table(table.Row{"asset", "haircut", "opening", "lowest", "at", "closing", "holders", "deposited", "sold", "fund", "liquidated", "off parity", "accounts"}, rows)
	p.wrapped("", "", c.Sentence())
}
