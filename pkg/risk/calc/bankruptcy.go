package calc

import "github.com/liquidation-lab/backtest/pkg/risk/venue"

// share is the part of a scope's equity that stands behind a leg: by maintenance margin (dYdX v4,
// GetBankruptcyPriceInQuoteQuantums; docs/MODEL.md section 5), by value where nothing is required, all of it for the
// only position. An isolated position's fee reserve is not part of it.
func (s *scope) share(l *leg) Number {
	equity := s.equity()
	if !l.in.Cross {
		equity = equity.Sub(l.reserve)
	}
	if len(s.legs) == 1 && s.otherMM.Sign() == 0 {
		return equity
	}
	if mm := s.maintenance(); mm.Sign() > 0 {
		return equity.Mul(l.maintenance()).Div(mm)
	}
	total := Number{}
	for _, other := range s.legs {
		total = total.Add(other.markValue())
	}
	return equity.Mul(l.markValue()).Div(total)
}

// takeoverPrice is where closing the position, the closing fee at that price included where the venue requires it, costs its
// share of the scope's equity: sigma*n*(mark - x) + fee*n*x = share. Closing all of a scope's positions at theirs leaves zero.
// Absent where no positive price does.
func (s *scope) takeoverPrice(l *leg) Number {
	sigma := Int(int64(l.sigma))
	x := l.markValue().Mul(sigma).Sub(s.share(l)).Div(l.n.Mul(sigma.Sub(l.feeAtMark())))
	return l.price(x)
}

// zeroEquityPrice is where the scope's equity, less the closing fee at that price where the venue requires it, is zero, the other
// symbols at their marks. Cross legs of one symbol share it. Absent where no positive price is.
func (s *scope) zeroEquityPrice(of *leg) Number {
	f := line{a: s.equity()}
	for _, l := range s.moving(of) {
		f.a = f.a.Sub(l.pnl(l.mark))
		f = f.add(l.pnlLine())
		f.b = f.b.Sub(l.n.Mul(l.feeAtMark()))
		if !l.in.Cross {
			f.a = f.a.Sub(l.reserve)
		}
	}
	return of.price(f.a.Neg().Div(f.b))
}

// bankruptcyPrice is the takeover price where the venue publishes how equity is split among positions, or there is but one, and
// otherwise the price at which nothing is left of the scope.
func (s *state) bankruptcyPrice(sc *scope, l *leg) Number {
	if s.splits {
		return sc.takeoverPrice(l)
	}
	return sc.zeroEquityPrice(l)
}

// feeAtMark is the rate of a closing fee that is taken at the price itself, 0 where it is not.
func (l *leg) feeAtMark() Number {
	if l.rules.fee == venue.FeeAtMark {
		return l.rules.feeRate
	}
	return Int(0)
}

// price turns x into a price; absent where it is not positive.
func (l *leg) price(x Number) Number {
	if x.Sign() <= 0 {
		return Number{}
	}
	return l.rules.coordinate(x)
}

// bankruptcyQuote is the cash for which a part of a position changes hands when its scope is taken over, signed as the account
// receives it: minus the change of notional less the share of equity that goes with the change of maintenance margin
// (dYdX v4: -DNNV - NC*|DMM|/MM).
func (s *scope) bankruptcyQuote(l *leg) Number {
	quote := l.markValue().Times(l.sigma).Sub(s.share(l))
	return quote.Mul(l.closing())
}

// closing is the fraction of the position that is asked for.
func (l *leg) closing() Number {
	return l.in.CloseSize.Or(l.in.Size).Div(l.in.Size)
}
