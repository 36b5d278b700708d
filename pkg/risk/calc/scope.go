package calc

// scope is what is liquidated together: one isolated position, or all cross positions of the account (docs/MODEL.md section 1).
type scope struct {
	legs      []*leg
	wallet    Number
	otherPnL  Number // of positions that are not listed
	otherMM   Number
	inclusive bool

	atMark, required Number // equity and requirement, once they were asked for
}

// equity is the scope's at mark.
func (s *scope) equity() Number {
	if !s.atMark.Given() {
		s.atMark = s.wallet.Add(s.otherPnL)
		for _, l := range s.legs {
			s.atMark = s.atMark.Add(l.pnl(l.mark))
		}
	}
	return s.atMark
}

// maintenance is the scope's requirement at mark.
func (s *scope) maintenance() Number {
	if !s.required.Given() {
		s.required = s.otherMM.Or(Int(0))
		for _, l := range s.legs {
			s.required = s.required.Add(l.maintenance())
		}
	}
	return s.required
}

// triggered is the venue's test on equity less maintenance margin.
func (s *scope) triggered(slack Number) bool {
	return slack.Sign() < 0 || s.inclusive && slack.Sign() == 0
}

// liquidatable reports whether the scope is at mark.
func (s *scope) liquidatable() bool {
	return (len(s.legs) > 0 || s.otherMM.Sign() > 0) && s.triggered(s.equity().Sub(s.maintenance()))
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

// slack returns equity less requirement as a line in the x of some legs, the others at their marks, by the tiers in force at x.
func (s *scope) slack(moving []*leg, x Number) line {
	f := line{a: s.equity().Sub(s.maintenance())}
	for _, l := range moving {
		f.a = f.a.Sub(l.pnl(l.mark)).Add(l.maintenance())
		f = f.add(l.pnlLine()).sub(l.requirement(x))
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
