package replay

import (
	"fmt"
	"strings"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/market/columnar"
)

// chooseData settles window, instruments and series.
func (p *plan) chooseData() error {
	s, c := p.scenario, p.o.Catalog
	candles := spans(c.Series(), columnar.Candles)
	symbols, err := p.linear(candles)
	if err != nil {
		return err
	}
	if len(symbols) > 0 {
		wanted := map[string][]span{}
		for _, symbol := range symbols {
			if list, ok := candles[symbol]; ok {
				wanted[symbol] = list
			}
		}
		candles = wanted
	}
	if len(candles) == 0 {
		return fmt.Errorf("data %s has no candles of %v; `backtest data inspect` shows what it has", c.Name(), symbols)
	}
	var note string
	if p.from, p.to, note, err = window([2]market.Time{s.Window.From, s.Window.To}, candles); err != nil {
		return s.At("window", err)
	}
	if note != "" {
		p.note("%s", note)
	}
	if p.sources, err = selectSources(c, symbols, p.from, p.to); err != nil {
		return err
	}
	if err := p.openMarkets(); err != nil {
		return err
	}
	for _, src := range p.sources {
		contract, err := p.contract(src.symbol)
		if err != nil {
			return err
		}
		p.instruments, p.contracts = append(p.instruments, contract.Instrument), append(p.contracts, contract)
	}
	p.describeSources()
	return p.readCollateral()
}

// openMarkets finds every instrument's first bar and opening mark price, and leaves out those without a bar in the window.
func (p *plan) openMarkets() error {
	c, pool := p.clock(nearestFirst)
	defer pool.close()
	if err := c.begin(p.from); err != nil {
		return err
	}
	var listed []source
	var absent []string
	for i := range c.tracks {
		t := &c.tracks[i]
		if t.next == never {
			absent = append(absent, p.sources[i].symbol)
			continue
		}
		s := p.sources[i]
		s.first, s.opening = t.bar.time, t.markPath.price[0]
		listed = append(listed, s)
	}
	if len(listed) == 0 {
		return p.scenario.At("window", fmt.Errorf("data %s has no candles between %s and %s; `backtest data inspect` shows what it has", p.o.Catalog.Name(), p.from, p.to))
	}
	p.noteList("left out, because the data has no bar of them within the window", absent)
	p.sources = listed
	return nil
}

// readSmallSeries reads funding, open interest and depth, which are small enough to be held whole.
func (p *plan) readSmallSeries() error {
	c := p.o.Catalog
	n := len(p.sources)
	p.funding, p.depth, p.interest = make([]*market.Funding, n), make([]*market.Depth, n), make([]market.Qty, n)
	var noFunding, noDepth, noInterest, lateInterest []string
	for i, src := range p.sources {
		var err error
		if p.funding[i], err = optional(c, columnar.Funding, src.symbol, c.Funding); err != nil {
			return err
		}
		if p.funding[i] == nil || !within(p.funding[i].Time, p.from, p.to) {
			noFunding = append(noFunding, src.symbol)
		}
		if p.depth[i], err = optional(c, columnar.Depth, src.symbol, c.Depth); err != nil {
			return err
		}
		if p.depth[i] == nil || !within(p.depth[i].Time, 0, p.to) {
			noDepth = append(noDepth, src.symbol)
		}
		interest, err := optional(c, columnar.OpenInterest, src.symbol, c.OpenInterest)
		if err != nil {
			return err
		}
		var at market.Time
		if p.interest[i], at = interestAt(interest, p.from); p.interest[i] == 0 {
			noInterest = append(noInterest, src.symbol)
		} else if at+interestDelay > p.from || at < p.from-market.Hour {
			lateInterest = append(lateInterest, fmt.Sprintf("%s from %v", src.symbol, at))
		}
	}
	p.noteList("no funding is settled within the window: rate 0", noFunding)
	p.noteDepth(noDepth)
	if p.scenario.Crowd != nil {
		p.noteList("no open interest in the data", noInterest)
		if len(lateInterest) > 0 {
			p.note("no open interest known from the hour before the window: the last row known before it is taken, else the first after: %s", strings.Join(lateInterest, ", "))
		}
	}
	return nil
}

// optional reads a series if the catalog has it.
func optional[T any](c *columnar.Catalog, kind columnar.Kind, symbol string, read func(string) (*T, error)) (*T, error) {
	if !c.Has(columnar.Key{Kind: kind, Symbol: symbol}) {
		return nil, nil
	}
	return read(symbol)
}

// within reports whether any of ascending times lies in [from, to).
func within(times []market.Time, from, to market.Time) bool {
	for _, t := range times {
		if t >= from {
			return t < to
		}
	}
	return false
}

// interestDelay is the time from a row's label to when it is known: venues label open interest with the open of a
// five-minute bar and mean its end (measured in docs/DATA.md).
const interestDelay = 5 * market.Minute

// interestAt returns the open interest of the last row that is known at a time, or else of the first row, and its label.
func interestAt(o *market.OpenInterest, at market.Time) (market.Qty, market.Time) {
	if o == nil || o.Len() == 0 {
		return 0, 0
	}
	row := 0
	for row+1 < o.Len() && o.Time[row+1]+interestDelay <= at {
		row++
	}
	return o.Size[row], o.Time[row]
}
