package calc

// position computes one position's figures.
func (s *state) position(l *leg, a *Account) PositionResult {
	p, sc := l.in, s.scopeOf(l)
	band := l.band(l.mark)
	r := PositionResult{
		Symbol: p.Symbol, Side: side(p.sign()), MarginMode: "isolated", Contract: l.rules.kindName(),
		Notional: l.markValue(), EntryNotional: l.entryValue(), UnrealizedPnL: l.pnl(l.mark),
		InitialMargin: l.initial(), MaintenanceMargin: l.displayed(), RequiredMargin: l.maintenance(),
		MaintenanceMarginRate: band.rate, MaintenanceAmount: band.amount.Or(Int(0)), MaxLeverage: band.maxLeverage,
		ClosingFee:    l.feeLine().at(l.mark),
		MarginBalance: sc.equity(), MarginRatio: sc.ratio(), Liquidatable: sc.liquidatable(),
		BackstopBelow: l.backstop(s.book), NextOrder: sc.nextOrder(l, s.book),
	}
	if p.Cross {
		r.MarginMode = "cross"
	}
	if r.InitialMargin.Given() {
		r.InitialMarginRate = r.InitialMargin.Sub(l.reserve).Div(l.markValue())
		if l.rules.margin.AtEntry {
			r.InitialMarginRate = r.InitialMargin.Sub(l.reserve).Div(l.entryValue())
		}
	}
	s.prices(l, sc, &r)
	s.orders(l, sc, a, &r)
	score := ScoreOf(s.book.Policies.ADLScore, sc.standing(l))
	r.ADLScore, r.ADLPnLPercent, r.ADLLeverage = score.Value, score.PnLPercent, score.Leverage
	return r
}

// prices are the liquidation and the bankruptcy price: exact, or rounded where the position names a tick or the venue's own
// arithmetic rounds (BitMEX counts an inverse contract in whole satoshis, so that no exact price is ever the venue's), and beside
// them rounded to its tick or the rulebook's.
func (s *state) prices(l *leg, sc *scope, r *PositionResult) {
	how := Rounding(s.book.Policies.PriceRounding)
	tick := l.in.Tick.Or(l.rules.tick)
	if x, ok := sc.liquidationX(l); ok {
		price := l.rules.coordinate(x)
		r.LiquidationRate = l.band(x).rate
		r.LiquidationDistance = price.Sub(l.in.MarkPrice).Div(l.in.MarkPrice).Times(100)
		r.LiquidationPrice, r.LiquidationPriceRounded = price, positive(l.rounded(price, tick, how, sc.netSide(l)))
	}
	if price := s.bankruptcyPrice(sc, l); price.Given() {
		r.BankruptcyPrice, r.BankruptcyPriceRounded = price, positive(l.rounded(price, tick, how, sc.netSide(l)))
	}
	r.LiquidationPriceExact, r.BankruptcyPriceExact = r.LiquidationPrice, r.BankruptcyPrice
	if l.in.Tick.Given() || how == ContractValueAgainstHolder && l.rules.inverse {
		r.LiquidationPrice, r.BankruptcyPrice = r.LiquidationPriceRounded, r.BankruptcyPriceRounded
	}
	r.TakeoverPrice = sc.takeoverPrice(l)
	r.BankruptcyQuote = sc.bankruptcyQuote(l)
}

// positive drops a price that rounding took to 0.
func positive(n Number) Number {
	if n.Sign() <= 0 {
		return Number{}
	}
	return n
}

// orders are the limits and the fee of a liquidation at mark.
func (s *state) orders(l *leg, sc *scope, a *Account, r *PositionResult) {
	fillable := s.book.Policies.LiquidationPrice == "fillable"
	if fillable || a.FillableAdjustment.Given() || a.FillableSpread.Given() {
		adjustment, spread := a.FillableAdjustment.Or(Int(1)), a.FillableSpread.Or(Int(1))
		if fillable {
			adjustment = a.FillableAdjustment.Or(FromRate(s.book.Parameters.FillableAdjustment))
			spread = a.FillableSpread.Or(FromRate(s.book.Parameters.FillableSpread))
		}
		r.FillablePrice = sc.fillable(l, adjustment, spread)
	}
	if s.book.Policies.LiquidationPrice == "zero_price" {
		r.ZeroPrice = sc.zeroPrice(l)
	}
	r.LiquidationFeeUncapped = l.markValue().Mul(l.feeOfLiquidation()).Mul(l.closing())
	r.LiquidationFee = r.LiquidationFeeUncapped.Min(sc.equity().Max(Int(0)))
}

// standing is what the leg's ADL score is computed from.
func (s *scope) standing(l *leg) Standing {
	st := Standing{Side: l.in.Side, PnL: l.pnl(l.mark), Notional: l.markValue(), EntryValue: l.entryValue(),
		Wallet: s.wallet, Maintenance: s.maintenance(), Equity: s.equity()}
	if !l.in.Cross {
		st.Wallet, st.Equity = st.Wallet.Sub(l.reserve), st.Equity.Sub(l.reserve)
	}
	return st
}

// zeroPrice is the price at which closing leaves equity / maintenance margin as it is: mark * (1 - side * rate * equity /
// requirement) (Lighter, liquidations; the closed form follows from the invariant).
func (s *scope) zeroPrice(l *leg) Number {
	return l.price(l.markValue().Times(l.sigma).Sub(s.share(l)).Div(l.n.Times(l.sigma)))
}
