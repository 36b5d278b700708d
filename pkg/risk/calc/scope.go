package calc

import "slices"

// scope is what is liquidated together: one isolated position, or all cross positions of the account (docs/MODEL.md section 1).
type scope struct {
	legs      []*leg
	wallet    Number
	otherPnL  Number // of positions that are not listed
	otherMM   Number
	inclusive bool
}

// equity is the scope's at mark.
func (s *scope) equity() Number {
	e := s.wallet.Add(s.otherPnL)
	for _, l := range s.legs {
		e = e.Add(l.pnl(l.mark))
	}
	return e
}

// maintenance is the scope's maintenance margin at mark.
func (s *scope) maintenance() Number {
	mm := s.otherMM
	for _, l := range s.legs {
		mm = mm.Add(l.maintenance())
	}
	return mm.Or(Int(0))
}

// triggered is the venue's test on equity less maintenance margin.
func (s *scope) triggered(slack Number) bool {
	return slack.Sign() < 0 || s.inclusive && slack.Sign() == 0
}

// liquidatable reports whether the scope is at mark.
func (s *scope) liquidatable() bool {
	return len(s.legs) > 0 && s.triggered(s.equity().Sub(s.maintenance()))
}

// moving returns the legs that share a leg's price: those of its symbol within the scope (a long and a short of hedge mode).
func (s *scope) moving(of *leg) []*leg {
	var list []*leg
	for _, l := range s.legs {
		if l == of || l.in.Symbol == of.in.Symbol && l.rules.inverse == of.rules.inverse && l.mark.Cmp(of.mark) == 0 {
			list = append(list, l)
		}
	}
	return list
}

// slack returns equity less maintenance margin as a line in the x of some legs, the others at their marks, by the tiers in
// force at x.
func (s *scope) slack(moving []*leg, x Number) line {
	f := line{a: s.wallet.Add(s.otherPnL).Sub(s.otherMM)}
	for _, l := range s.legs {
		if slices.Contains(moving, l) {
			f = f.add(l.pnlLine()).sub(l.requirement(x))
		} else {
			f.a = f.a.Add(l.pnl(l.mark)).Sub(l.maintenance())
		}
	}
	return f
}

// netSide is the side of what the legs that share a leg's price add up to; a leg's own where they cancel.
func (s *scope) netSide(of *leg) int {
	net := Number{}
	for _, l := range s.moving(of) {
		net = net.Add(l.n.Times(l.in.sign()))
	}
	if net.Sign() == 0 {
		return of.in.sign()
	}
	return net.Sign()
}
