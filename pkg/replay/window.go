package replay

import (
	"errors"
	"io"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/market/columnar"
	"github.com/liquidation-lab/backtest/pkg/strategy"
)

// signalWarmUp is the time before the window from which entries see bars, where the data has them.
const signalWarmUp = 30 * market.Day

// entryWindow is what the entries may use.
func (p *plan) entryWindow() strategy.Window {
	w := strategy.Window{From: p.from, To: p.to, First: map[string]market.Time{}, Instruments: map[string]market.Instrument{}, Seed: p.scenario.Seed, Bars: p.visitBars, Funding: p.visitFunding}
	for i := range p.sources {
		w.Symbols = append(w.Symbols, p.sources[i].symbol)
		w.Instruments[p.sources[i].symbol] = p.instruments[i]
		if first := p.sources[i].first; first > p.from {
			w.First[p.sources[i].symbol] = first
		}
	}
	return w
}

// visitBars hands an entry the bars of a symbol in time order, those before the window included.
func (p *plan) visitBars(symbol string, visit func(strategy.Bar) error) error {
	p.looked = true
	to := p.to
	if p.path != nil {
		to = p.from
	}
	series := complete(spans(p.o.Catalog.Series(), columnar.Candles)[symbol], p.from-signalWarmUp, to)
	pool := newPool(p.opener(), p.o.Workers, len(series))
	defer pool.close()
	if bars := pool.stream(series); bars != nil {
		if err := visitAll(bars, visit); err != nil {
			return err
		}
	}
	if i, ok := p.find(symbol); ok && p.path != nil {
		return visitAll(p.path.bars(i), visit)
	}
	return nil
}

func visitAll(bars stream, visit func(strategy.Bar) error) error {
	var b bar
	for {
		if err := bars.next(&b); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if err := visit(strategyBar(&b)); err != nil {
			return err
		}
	}
}

// visitFunding hands an entry the settlements of a symbol in time order.
func (p *plan) visitFunding(symbol string, visit func(market.Time, market.Rate) error) error {
	i, ok := p.find(symbol)
	if !ok || p.funding[i] == nil {
		return nil
	}
	p.looked = true
	f := p.funding[i]
	if p.path != nil {
		f = p.path.funding(i)
	}
	for k := 0; k < f.Len() && f.Time[k] < p.to; k++ {
		if err := visit(f.Time[k], f.Rate[k]); err != nil {
			return err
		}
	}
	return nil
}
