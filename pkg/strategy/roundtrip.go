package strategy

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// fill is one execution of an account's own orders.
type fill struct {
	time   market.Time
	symbol string
	side   market.Side
	price  market.Price
	size   market.Qty
	closes bool // it realized a profit or loss, so that there was a position before
	line   int
}

// roundTrips joins fills to trades: from the fill that opens a position in a symbol to the one that leaves nothing of it.
// A trade has the time of its first fill, the average price of the fills that opened it (rounded up to 1e-8), the largest
// size that was held, and the time of the last fill as its exit. A fill beyond the position closes it and opens the
// other side. Positions are one-way, as an exchange nets them.
func roundTrips(fills []fill) ([]trade, error) {
	if n := len(fills); n > 1 && fills[0].time > fills[n-1].time {
		slices.Reverse(fills) // newest first, as venues list them
	}
	slices.SortStableFunc(fills, func(a, b fill) int { return cmp.Compare(a.time, b.time) })
	open := map[string]*roundTrip{}
	var trades []trade
	for _, f := range fills {
		p := open[f.symbol]
		if p == nil || p.held == 0 {
			if f.closes {
				return nil, lineError{f.line, fmt.Errorf("the fill of %s at %s closes a position that the file does not open: export from an earlier time on, or remove the line", f.symbol, f.time)}
			}
			p = &roundTrip{}
			open[f.symbol] = p
		}
		if f.side != p.side && p.held > 0 {
			closed := min(f.size, p.held)
			p.held -= closed
			if p.held > 0 {
				continue
			}
			t, err := p.trade(f.symbol, f.time)
			if err != nil {
				return nil, err
			}
			trades = append(trades, t)
			if f.size -= closed; f.size == 0 {
				continue
			}
			p = &roundTrip{}
			open[f.symbol] = p
		}
		if err := p.add(f); err != nil {
			return nil, err
		}
	}
	for _, f := range fills { // in the order of the file, not of the map
		if p := open[f.symbol]; p != nil && p.held > 0 {
			t, err := p.trade(f.symbol, 0)
			if err != nil {
				return nil, err
			}
			trades = append(trades, t)
			p.held = 0
		}
	}
	return trades, nil
}

type roundTrip struct {
	start      market.Time
	side       market.Side
	held, peak market.Qty
	opened     market.Qty
	paid       market.Int128 // sum of price times size of what opened it
	line       int
}

func (p *roundTrip) add(f fill) error {
	if f.size > math.MaxInt64-p.opened {
		return lineError{f.line, fmt.Errorf("with this fill the sizes of %s add up to more than a number can hold", f.symbol)}
	}
	if p.opened == 0 {
		p.start, p.side, p.line = f.time, f.side, f.line
	}
	p.held += f.size
	p.peak = max(p.peak, p.held)
	p.opened += f.size
	p.paid = p.paid.Add(market.Mul128(int64(f.price), int64(f.size)))
	return nil
}

func (p *roundTrip) trade(symbol string, exit market.Time) (trade, error) {
	average, ok := p.paid.MulDivCeil(1, int64(p.opened))
	if !ok || p.opened <= 0 || p.peak <= 0 {
		return trade{}, lineError{p.line, fmt.Errorf("the fills of %s that begin here add up to more than a number can hold", symbol)}
	}
	if exit != 0 {
		exit = max(exit, p.start+1) // closed within the millisecond that our times count
	}
	return trade{Setup{Time: p.start, Symbol: symbol, Side: p.side, Price: market.Price(average), Size: p.peak, Exit: exit}, p.line}, nil
}

// lineError is an error about a line that was read before.
type lineError struct {
	line int
	err  error
}

func (e lineError) Error() string { return e.err.Error() }
func (e lineError) Unwrap() error { return e.err }
