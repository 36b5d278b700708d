package replay

import (
	"fmt"
	"strings"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk"
	"github.com/liquidation-lab/backtest/pkg/risk/venue"
)

// scale turns drawn notionals into lots, so that each side of each instrument adds up to its target exactly. A position
// gets the difference of two rounded running sums, which is within one lot of its own share.
func (b *crowdBuilder) scale() {
	type book struct{ total, sum, done float64 }
	books := make([][2]book, len(b.Instruments))
	side := func(p *openPosition) int { return (1 - int(p.side)) / 2 }
	value := func(p *openPosition) float64 { return p.notional / float64(p.entry) }
	for k := range b.drawn {
		p := &b.drawn[k]
		books[p.instrument][side(p)].total += value(p)
	}
	b.lots = make([]int64, len(b.drawn))
	for k := range b.drawn {
		p := &b.drawn[k]
		s := &books[p.instrument][side(p)]
		target := b.targets[p.instrument].long
		if p.side < 0 {
			target = b.targets[p.instrument].short
		}
		s.sum += value(p)
		upTo := float64(int64(float64(float64(target)*(s.sum/s.total)) + 0.5))
		b.lots[k] = int64(upTo - s.done)
		s.done = upTo
	}
	for i := range books {
		if (books[i][0].total == 0 && b.targets[i].long > 0) || (books[i][1].total == 0 && b.targets[i].short > 0) {
			b.oneSided = append(b.oneSided, b.Instruments[i].Instrument.Symbol)
		}
	}
}

// fund gives every account the money that its positions need, and keeps only accounts that are alive at the opening
// mark: one that is not is moved to an entry at that price.
func (b *crowdBuilder) fund() error {
	b.positions = make([]crowdPosition, 0, len(b.drawn))
	b.Accounts = make([]crowdAccount, 0, len(b.first)-1)
	for a := range len(b.first) - 1 {
		from := len(b.positions)
		for k := b.first[a]; k < b.first[a+1]; k++ {
			if b.lots[k] == 0 {
				b.Dropped++
				continue
			}
			in := &b.Instruments[b.drawn[k].instrument].Instrument
			b.positions = append(b.positions, crowdPosition{Instrument: b.drawn[k].instrument, Entry: onTick(b.drawn[k].entry, in.Tick), Leverage: b.drawn[k].leverage,
				Size: market.Qty(b.lots[k]) * market.Qty(b.drawn[k].side) * in.Lot})
		}
		if from == len(b.positions) {
			continue
		}
		account := crowdAccount{number: int32(a), Mode: risk.Isolated, Hedged: b.hedged[a], Positions: b.positions[from:len(b.positions):len(b.positions)]}
		if b.cross[a] {
			account.Mode = risk.Cross
		}
		if account.Hedged {
			b.Hedged++
		}
		if err := b.endow(&account, b.stops[a]); err != nil {
			return fmt.Errorf("crowd: account %d: %w", a, err)
		}
		b.Accounts = append(b.Accounts, account)
	}
	return nil
}

// endow sets leverage, margins, deposit and stops of an account, with entries at the opening mark if need be.
func (b *crowdBuilder) endow(a *crowdAccount, stop market.Rate) error {
	alive, err := b.margins(a, stop)
	if err != nil || alive {
		return err
	}
	b.Redrawn++
	for k := range a.Positions {
		a.Positions[k].Entry = b.Instruments[a.Positions[k].Instrument].Mark
	}
	// The first attempt may have lowered leverage at other prices; lower is always allowed.
	alive, err = b.margins(a, stop)
	if err == nil && !alive {
		b.Backed++
		err = b.back(a)
	}
	return err
}

// back gives an account that its initial margins would not keep alive, at entries at the opening mark, crossBuffer times its
// maintenance margin instead. That happens where a rulebook's maintenance margin of large positions reaches what it asks for
// at the start.
func (b *crowdBuilder) back(a *crowdAccount) error {
	a.Deposit = 0
	for k := range a.Positions {
		p := &a.Positions[k]
		in := &b.Instruments[p.Instrument]
		now, ok := market.ValueCeil(p.Size.Abs(), in.Mark)
		if !ok {
			return fmt.Errorf("%s: notional of %v at %v overflows; use more accounts", in.Instrument.Symbol, p.Size, in.Mark)
		}
		mm, ok := in.Contract.MaintenanceMargin(venue.Exposure{Size: p.Size.Abs(), Notional: now, Entry: now, Long: p.Size > 0, Leverage: p.Leverage, Cross: a.Mode == risk.Cross})
		if !ok || mm > 1<<61 {
			return fmt.Errorf("%s: maintenance margin of a notional of %v overflows; use more accounts", in.Instrument.Symbol, now)
		}
		p.Margin = max(p.Margin, market.Quote(float64(float64(mm)*crossBuffer))+2)
		a.Deposit += p.Margin
	}
	return nil
}

// margins fills in what follows from size and entry, and reports whether the account lives at the opening marks with
// every stop still ahead of it.
func (b *crowdBuilder) margins(a *crowdAccount, stop market.Rate) (alive bool, err error) {
	var initial, pnl, maintenance market.Quote
	alive = true
	for k := range a.Positions {
		p := &a.Positions[k]
		in := &b.Instruments[p.Instrument]
		entry, ok1 := market.ValueCeil(p.Size.Abs(), p.Entry)
		now, ok2 := market.ValueCeil(p.Size.Abs(), in.Mark)
		if !ok1 || !ok2 || entry > 1<<60 || now > 1<<60 {
			return false, fmt.Errorf("%s: notional of %v at %v exceeds 11,529,215,046 quote; use more accounts or a smaller crowd.open_interest_share", in.Instrument.Symbol, p.Size, p.Entry)
		}
		if limit := market.Rate(in.Contract.MaxLeverage(venue.Exposure{Size: p.Size.Abs(), Notional: entry, Entry: entry})) * market.Scale; p.Leverage > limit {
			p.Leverage = limit
			if !p.capped {
				p.capped = true
				b.Capped++
			}
		}
		e := venue.Exposure{Size: p.Size.Abs(), Notional: now, Entry: entry, Long: p.Size > 0, Leverage: p.Leverage, Cross: a.Mode == risk.Cross}
		margin, ok1 := in.Contract.OpeningMargin(e, 0)
		mm, ok2 := in.Contract.MaintenanceMargin(e)
		p.Margin = margin
		if !ok1 || !ok2 {
			return false, fmt.Errorf("%s: maintenance margin of a notional of %v overflows; use more accounts", in.Instrument.Symbol, now)
		}
		initial += p.Margin
		maintenance += mm
		if p.Size > 0 {
			pnl += now - entry
		} else {
			pnl += entry - now
		}
		p.Stop = 0
		if stop > 0 {
			p.Stop = stopOf(p, stop, in.Instrument.Tick)
			alive = alive && (p.Size > 0) == (p.Stop < in.Mark)
		}
	}
	a.Deposit = initial
	if a.Mode == risk.Cross {
		a.Deposit = market.Quote(float64(float64(initial) * crossBuffer))
	}
	// Two units of slack for the rounding of values, which is never in the holder's favor.
	return alive && a.Deposit+pnl-2*market.Quote(len(a.Positions)) > maintenance, nil
}

// stopOf returns the price at the stated distance from entry, on the tick.
func stopOf(p *crowdPosition, distance market.Rate, tick market.Price) market.Price {
	d, _ := market.MulDivCeil(int64(p.Entry), int64(distance), market.Scale) // the distance is below 1
	away := max((market.Price(d)+tick-1)/tick*tick, tick)
	if p.Size > 0 {
		return max(p.Entry-away, 1)
	}
	return p.Entry + away
}

// describe says what the crowd rests on.
func (b *crowdBuilder) describe() {
	note := func(format string, args ...any) { b.Notes = append(b.Notes, fmt.Sprintf(format, args...)) }
	note("crowd: %d accounts with %d positions drawn from stated distributions, not observed; its heavier side holds %v of the open interest",
		len(b.Accounts), len(b.positions), b.Crowd.OpenInterestShare)
	if len(b.proxied) > 0 {
		note("crowd: open interest of %s taken as %v of a day's turnover (no series in the data)", strings.Join(b.proxied, ", "), interestPerDailyTurnover)
	}
	if len(b.absent) > 0 {
		note("crowd: holds no %s (neither open interest nor traded volume in the data)", strings.Join(b.absent, ", "))
	}
	if len(b.banded) > 0 {
		note("crowd: entries of %s within %v%% of the opening price (no traded volume to draw from)", strings.Join(b.banded, ", "), entryBand*100)
	}
	if b.Redrawn > 0 {
		note("crowd: %d accounts entered at the opening price, because their drawn entry would not have lived to see it", b.Redrawn)
	}
	if b.Backed > 0 {
		note("crowd: %d accounts hold %v times their maintenance margin, because the rulebook's exceeds what their leverage asks for", b.Backed, crossBuffer)
	}
	if b.Capped > 0 {
		note("crowd: leverage of %d positions lowered to their tier's limit", b.Capped)
	}
	if b.Dropped > 0 {
		note("crowd: %d positions below one lot left out", b.Dropped)
	}
	if len(b.oneSided) > 0 {
		note("crowd: too few accounts to hold both sides of %s; the liquidity provider holds the rest", strings.Join(b.oneSided, ", "))
	}
}
