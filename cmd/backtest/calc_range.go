package main

import (
	"errors"
	"io"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/market/columnar"
	"github.com/liquidation-lab/backtest/pkg/risk/calc"
	"github.com/liquidation-lab/backtest/pkg/strategy"
)

// averageRange is Wilder's average true range of a symbol at a time, over bars that were complete then.
type averageRange struct {
	Symbol string       `json:"symbol"`
	Time   string       `json:"time"`
	Bars   string       `json:"bars"`
	Period int          `json:"period"`
	ATR    market.Price `json:"-"`
	Value  calc.Number  `json:"atr"`
}

// ranges returns the average true range of every symbol of the account, or nothing without --data.
func (f *accountFlags) ranges(a *calc.Account) ([]averageRange, error) {
	if f.data.path == "" {
		return nil, nil
	}
	length, ok := market.ParseInterval(f.bars)
	if !ok {
		return nil, usagef("calc account: --atr-bars %q; expected an interval such as 5m, 1h or 1d", f.bars)
	}
	if f.atr < 1 {
		return nil, usagef("calc account: --atr-period %d; expected at least 1", f.atr)
	}
	at := market.Time(0)
	if f.at != "" {
		var err error
		if at, err = market.ParseTime(f.at); err != nil {
			return nil, usagef("calc account: --at %q; expected a UTC time such as \"2025-10-10 21:00\"", f.at)
		}
	}
	if f.data.symbol == "" && len(a.Positions) == 1 && !isDirectory(f.data.path) {
		f.data.symbol = a.Positions[0].Symbol
	}
	catalog, err := f.data.open("", "")
	if err != nil {
		return nil, err
	}
	var list []averageRange
	seen := map[string]bool{}
	for i := range a.Positions {
		symbol := a.Positions[i].Symbol
		if seen[symbol] {
			continue
		}
		seen[symbol] = true
		r, err := f.rangeOf(catalog, symbol, length, at)
		if err != nil {
			return nil, err
		}
		list = append(list, r)
	}
	return list, nil
}

// rangeOf reads the coarsest series whose bars fill those asked for.
func (f *accountFlags) rangeOf(catalog *columnar.Catalog, symbol string, length market.Interval, at market.Time) (averageRange, error) {
	r := averageRange{Symbol: symbol, Bars: f.bars, Period: f.atr}
	var best columnar.SeriesInfo
	for _, s := range catalog.Series() {
		if s.Kind == columnar.Candles && s.Symbol == symbol && length%s.Interval == 0 && s.Interval > best.Interval {
			best = s
		}
	}
	if best.Interval == 0 {
		return r, usagef("calc account: %s has no candles of %s whose length divides %s; `backtest data inspect` lists what there is, --atr-bars chooses another length", catalog.Name(), symbol, f.bars)
	}
	last := best.To + best.Interval
	if at == 0 {
		at = last
	}
	if at < best.From || at > last {
		return r, usagef("calc account: --at %s; expected a time from %s to %s, which the candles of %s cover", at, best.From, last, symbol)
	}
	reader, err := catalog.Candles(best.Key)
	if err != nil {
		return r, err
	}
	state, err := trueRanges(reader, best.Interval, length, at, f.atr)
	if err = errors.Join(err, reader.Close()); err != nil {
		return r, err
	}
	var known bool
	if r.ATR, known = state.ATR(); !known {
		return r, usagef("calc account: fewer than %d bars of %s of %s are complete at %s; expected at least so many: choose shorter --atr-bars, a smaller --atr-period or a later --at", f.atr, f.bars, symbol, at)
	}
	r.Time, r.Value = at.String(), calc.FromFixed(r.ATR)
	return r, nil
}

// trueRanges joins the bars of a series to longer ones, aligned to 1970, and averages those that are complete at a time. A bar
// of which the series lacks a part counts with what there is of it.
func trueRanges(reader columnar.CandleReader, from, length market.Interval, at market.Time, period int) (strategy.ATRState, error) {
	state := strategy.NewATRState(period)
	var batch market.Candles
	var bar strategy.Bar
	open := false
	for {
		err := reader.Next(&batch)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return state, err
		}
		for i := range batch.Len() {
			t := batch.Time[i]
			if t+from > at {
				break
			}
			start := t - t%length
			if open && start != bar.Time {
				state.Add(bar)
				open = false
			}
			if !open {
				bar, open = strategy.Bar{Time: start, Open: batch.Open[i], High: batch.High[i], Low: batch.Low[i]}, true
			}
			bar.High, bar.Low, bar.Close = max(bar.High, batch.High[i]), min(bar.Low, batch.Low[i]), batch.Close[i]
		}
	}
	if open && bar.Time+length <= at {
		state.Add(bar)
	}
	return state, nil
}
