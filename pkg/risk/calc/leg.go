package calc

import "github.com/liquidation-lab/backtest/pkg/risk/venue"

// leg is a position in the coordinate x: its value is n*x, and its holder gains sigma*n*(x - entry).
type leg struct {
	in     *Position
	rules  *rules
	index  int
	sigma  int    // +1: gains as x rises
	n      Number // size * contract size
	entry  Number // x at entry
	mark   Number // x at mark
	margin Number // isolated: margin with the fee reserve
	// reserve is the closing fee at the value of bankruptcy, a constant of the position: taker * entry value * (1 - side/leverage)
	// (Bybit help, order cost; BitMEX posComm takes entry value + margin for shorts). Isolated margin holds it beside
	// IsolatedMargin, so that it does not move the liquidation price (Bybit help, liquidation price of USDT contracts; BitMEX posMargin).
	reserve Number
}

func newLeg(p *Position, r *rules, index int) *leg {
	l := &leg{in: p, rules: r, index: index, sigma: p.sign(), n: p.Size.Mul(r.face), entry: r.coordinate(p.EntryPrice), mark: r.coordinate(p.MarkPrice)}
	if r.inverse {
		l.sigma = -l.sigma
	}
	if r.fee == venue.FeeAtBankruptcy {
		value := l.entryValue()
		if p.Leverage.Given() {
			value = value.Sub(value.Div(p.Leverage).Times(p.sign()))
		}
		l.reserve = value.Mul(r.feeRate)
	}
	if !p.Cross {
		l.margin = l.postedMargin().Add(l.reserve)
	}
	return l
}

// postedMargin is an isolated position's margin without the fee reserve.
func (l *leg) postedMargin() Number {
	switch {
	case l.in.IsolatedMargin.Given():
		return l.in.IsolatedMargin
	case l.in.RawUSD.Given():
		return l.in.RawUSD.Add(l.entryValue().Times(l.sigma))
	}
	return l.entryValue().Div(l.in.Leverage)
}

func (l *leg) value(x Number) Number { return l.n.Mul(x) }
func (l *leg) entryValue() Number    { return l.value(l.entry) }
func (l *leg) markValue() Number     { return l.value(l.mark) }

// pnl returns the unrealized PnL at x.
func (l *leg) pnl(x Number) Number { return l.value(x.Sub(l.entry)).Times(l.sigma) }

// line is a + b*x.
type line struct{ a, b Number }

func (f line) at(x Number) Number { return f.a.Add(f.b.Mul(x)) }
func (f line) add(g line) line    { return line{f.a.Add(g.a), f.b.Add(g.b)} }
func (f line) sub(g line) line    { return line{f.a.Sub(g.a), f.b.Sub(g.b)} }

// pnlLine returns the unrealized PnL as a line in x.
func (l *leg) pnlLine() line {
	return line{a: l.entryValue().Times(-l.sigma), b: l.n.Times(l.sigma)}
}

// band returns the tier's line in force at x.
func (l *leg) band(x Number) *band { return &l.rules.bands[l.tier(x)] }

func (l *leg) tier(x Number) int {
	switch {
	case l.rules.margin.BySize:
		return l.rules.tierAt(l.n)
	case l.rules.margin.ByEntry:
		return l.rules.tierAt(l.entryValue())
	}
	return l.rules.tierAt(l.value(x))
}

// atEntry reports whether the requirement is taken of the entry value: isolated positions of venues that fix margin at entry,
// and inverse ones in cross (see resolve).
func (l *leg) atEntry() bool {
	return l.rules.margin.AtEntry && (!l.in.Cross || l.rules.inverse)
}

// requirement returns maintenance margin as a line in x, by the tier at x (docs/MODEL.md section 1).
func (l *leg) requirement(x Number) line {
	return l.requirementBy(l.band(x), x).add(l.feeLine())
}

// requirementBy is value * rate - amount by a tier's line. A table's ends at 0, which a tier chosen at entry can reach; a single
// line that the request gives is taken as it is, as the published formulas do.
func (l *leg) requirementBy(b *band, x Number) line {
	if l.atEntry() {
		return line{a: l.entryValue().Mul(b.rate).Sub(b.amount)}
	}
	if l.rules.tiered && l.value(x).Mul(b.rate).Cmp(b.amount) < 0 {
		return line{}
	}
	return line{a: b.amount.Neg(), b: l.n.Mul(b.rate)}
}

// feeLine is the closing fee within the requirement.
func (l *leg) feeLine() line {
	if l.rules.fee == venue.FeeAtMark {
		return line{b: l.n.Mul(l.rules.feeRate)}
	}
	return line{a: l.reserve}
}

// displayed is the maintenance margin that the venue shows: with the closing fee where it belongs to the position's margin (Bybit
// positionMM, BitMEX posMaint), without it where the fee is added in the margin ratio (OKX mmr).
func (l *leg) displayed() Number {
	if l.rules.fee == venue.FeeAtMark {
		return l.maintenance().Sub(l.feeLine().at(l.mark))
	}
	return l.maintenance()
}

// maintenance returns what equity is compared with at mark: maintenance margin with the closing fee where the venue counts it.
func (l *leg) maintenance() Number { return l.requirement(l.mark).at(l.mark) }

// initial returns initial margin: value / leverage at mark, or at entry where margin is fixed at entry, with the fee reserve; at
// least what the size or the open interest asks for. Absent where no leverage is known.
func (l *leg) initial() Number {
	value := l.markValue()
	if l.rules.margin.AtEntry {
		value = l.entryValue()
	}
	var im Number
	if l.in.Leverage.Given() {
		im = value.Div(l.in.Leverage)
	}
	if l.rules.initial.Given() {
		im = im.Max(l.markValue().Mul(l.rules.initial))
	}
	if !im.Given() {
		return im
	}
	return im.Add(l.reserve)
}

// breaks lists the x at which the line of the requirement changes: the tiers' boundaries, and where a table's line reaches 0.
func (l *leg) breaks() []Number {
	var list []Number
	byMark := !l.rules.margin.BySize && !l.rules.margin.ByEntry
	for i := range l.rules.bands {
		b := &l.rules.bands[i]
		if byMark && b.cap.Given() {
			list = append(list, b.cap.Div(l.n))
		}
		if l.rules.tiered && b.amount.Sign() > 0 && b.rate.Sign() > 0 {
			list = append(list, b.amount.Div(b.rate).Div(l.n))
		}
	}
	return list
}
