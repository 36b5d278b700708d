package replay

import (
	"fmt"
	"slices"
	"strings"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk"
	"github.com/liquidation-lab/backtest/pkg/risk/venue"
)

// fileCrowd is a crowd under construction from a file of positions.
type fileCrowd struct {
	crowd
	list     *PositionList
	by       map[string]*crowdInstrument
	accounts map[string]int // place in Accounts
	wallet   []market.Quote // by account
	absent   []string       // symbols that are not replayed
	passed   int            // stops that the opening mark has passed
}

// crowdOfFile puts the positions of a file on the exchange as they are: nothing is drawn, scaled or moved. What is left out
// or does not live is noted.
func crowdOfFile(list *PositionList, instruments []crowdInstrument) (crowd, error) {
	f := fileCrowd{list: list, by: map[string]*crowdInstrument{}, accounts: map[string]int{}}
	for i := range instruments {
		f.by[instruments[i].Instrument.Symbol] = &instruments[i]
	}
	for i := range list.Rows {
		if err := f.add(&list.Rows[i], instruments); err != nil {
			return crowd{}, fmt.Errorf("%w %s: row %d: %w", ErrPositions, list.Name, list.Rows[i].Row, err)
		}
	}
	if len(f.Accounts) == 0 {
		return crowd{}, fmt.Errorf("%w %s: none of its instruments is replayed (%s)", ErrPositions, list.Name, strings.Join(f.absent, ", "))
	}
	dead := 0
	for a := range f.Accounts {
		f.Accounts[a].Deposit += f.wallet[a]
		if !f.alive(&f.Accounts[a], instruments) {
			dead++
		}
	}
	f.Drawn, f.Holding = len(f.accounts), len(f.Accounts)
	note := func(format string, args ...any) { f.Notes = append(f.Notes, fmt.Sprintf(format, args...)) }
	note("crowd: %d accounts with %d positions from %s, as they are: not scaled to the open interest", f.Holding, f.CrowdCounts.Positions, list.Name)
	if len(f.absent) > 0 {
		note("crowd: positions in %s are left out, which the run does not replay", strings.Join(f.absent, ", "))
	}
	if f.passed > 0 {
		note("crowd: %d stops left out that the opening mark has passed", f.passed)
	}
	if dead > 0 {
		note("crowd: %d accounts are below their maintenance margin at the opening mark, and are liquidated in the first tick", dead)
	}
	return f.crowd, nil
}

// add takes in a row.
func (f *fileCrowd) add(row *HeldPosition, instruments []crowdInstrument) error {
	in := f.by[row.Symbol]
	if in == nil {
		if !slices.Contains(f.absent, row.Symbol) {
			f.absent = append(f.absent, row.Symbol)
		}
		return nil
	}
	p, err := f.position(row, in, instruments)
	if err != nil {
		return err
	}
	n, known := f.accounts[row.Account]
	if !known {
		n = len(f.Accounts)
		f.accounts[row.Account] = n
		f.Accounts, f.wallet = append(f.Accounts, crowdAccount{number: int32(n), Mode: row.Mode}), append(f.wallet, row.Wallet)
	}
	a := &f.Accounts[n]
	switch {
	case a.Mode != row.Mode:
		return fmt.Errorf("account %s is %v here and %v before; expected one margin mode an account: give the other positions an account of their own", row.Account, row.Mode, a.Mode)
	case row.Wallet != 0 && row.Wallet != f.wallet[n]:
		return fmt.Errorf("wallet_balance %v of account %s, %v before; expected the same on every row of the account", row.Wallet, row.Account, f.wallet[n])
	case slices.ContainsFunc(a.Positions, func(q crowdPosition) bool { return q.Instrument == p.Instrument }):
		return fmt.Errorf("account %s holds %s already; expected one position an instrument (one-way mode)", row.Account, row.Symbol)
	case row.Mode == risk.Cross && f.wallet[n] == 0:
		return fmt.Errorf("wallet_balance of cross account %s is 0 or missing; expected what backs its positions", row.Account)
	}
	if row.Mode == risk.Isolated {
		a.Deposit += p.Margin
	}
	a.Positions = append(a.Positions, p)
	f.CrowdCounts.Positions++
	return nil
}

// position holds a row against its contract.
func (f *fileCrowd) position(row *HeldPosition, in *crowdInstrument, instruments []crowdInstrument) (crowdPosition, error) {
	p := crowdPosition{Size: row.Size * market.Qty(row.Side), Entry: row.Entry, Leverage: row.Leverage, Margin: row.Isolated, Stop: row.Stop}
	p.Instrument = market.InstrumentID(slices.IndexFunc(instruments, func(x crowdInstrument) bool { return x.Instrument.Symbol == row.Symbol }))
	if row.Size%in.Instrument.Lot != 0 {
		return p, fmt.Errorf("size %v of %s; expected a multiple of the lot %v", row.Size, row.Symbol, in.Instrument.Lot)
	}
	entry, ok1 := market.ValueCeil(row.Size, row.Entry)
	now, ok2 := market.ValueCeil(row.Size, in.Mark)
	if !ok1 || !ok2 || entry > 1<<60 || now > 1<<60 {
		return p, fmt.Errorf("notional of %v %s at %v exceeds 11,529,215,046 quote", row.Size, row.Symbol, row.Entry)
	}
	e := venue.Exposure{Size: row.Size, Notional: entry, Entry: entry, Long: p.Size > 0, Leverage: p.Leverage, Cross: row.Mode == risk.Cross}
	if limit := market.Rate(in.Contract.MaxLeverage(e)) * market.Scale; p.Leverage > limit {
		return p, fmt.Errorf("leverage %v of a notional of %v in %s; the rulebook allows %v", row.Leverage, entry, row.Symbol, limit)
	}
	margin, ok := in.Contract.OpeningMargin(e, 0)
	if !ok {
		return p, fmt.Errorf("initial margin of a notional of %v overflows", entry)
	}
	if p.Margin == 0 {
		p.Margin = margin
	}
	if p.Stop > 0 && (p.Size > 0) != (p.Stop < in.Mark) {
		p.Stop = 0
		f.passed++
	}
	return p, nil
}

// alive reports whether an account's equity exceeds its maintenance margin at the opening marks; of isolated positions,
// whether each does.
func (f *fileCrowd) alive(a *crowdAccount, instruments []crowdInstrument) bool {
	equity, maintenance := a.Deposit, market.Quote(0)
	for k := range a.Positions {
		p := &a.Positions[k]
		in := &instruments[p.Instrument]
		now, _ := market.ValueCeil(p.Size.Abs(), in.Mark)
		value, _ := market.ValueFloor(p.Size, in.Mark)
		cost, _ := market.ValueFloor(p.Size, p.Entry)
		entry, _ := market.ValueCeil(p.Size.Abs(), p.Entry)
		mm, ok := in.Contract.MaintenanceMargin(venue.Exposure{Size: p.Size.Abs(), Notional: now, Entry: entry, Long: p.Size > 0, Leverage: p.Leverage, Cross: a.Mode == risk.Cross})
		if a.Mode == risk.Isolated && (!ok || p.Margin+value-cost <= mm) {
			return false
		}
		equity, maintenance = equity+value-cost, maintenance+mm
	}
	return a.Mode == risk.Isolated || equity > maintenance
}
