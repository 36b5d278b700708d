package venue

import (
	"github.com/liquidation-lab/backtest/pkg/market"
)

// contract reads one block; what it leaves out comes from base.
func (b *builder) contract(name string, f *contract, base *Contract) *Contract {
	c := *base
	c.Fallback = false
	switch f.Kind {
	case "", "linear":
		c.Kind = Linear
	case "inverse":
		c.Kind = Inverse
	default:
		b.find("%s.kind is %q, expected linear or inverse", name, f.Kind)
	}
	size := field(b, name+".contract_size", f.ContractSize, &c.ContractSize, &c.Sources.ContractSize)
	tick := field(b, name+".tick", f.Tick, &c.Instrument.Tick, &c.Sources.Tick)
	lot := field(b, name+".lot", f.Lot, &c.Instrument.Lot, &c.Sources.Lot)
	field(b, name+".liquidation_fee", f.LiquidationFee, &c.LiquidationFee, &c.Sources.LiquidationFee)
	interval := hours(c.FundingIntervalHours) * market.Scale
	field(b, name+".funding_interval_hours", f.FundingIntervalHours, &interval, &c.Sources.FundingInterval)
	c.FundingIntervalHours = int(interval / market.Scale)
	// A number that could not be read is a finding already; one that is left out and has no default is one here.
	if c.ContractSize <= 0 && (size || f.ContractSize == nil) {
		b.find("%s.contract_size is %s, expected an amount above 0", name, c.ContractSize)
	}
	if c.Instrument.Tick <= 0 && (tick || f.Tick == nil) {
		b.find("%s.tick is %s, expected a step above 0", name, c.Instrument.Tick)
	}
	if c.Instrument.Lot <= 0 && (lot || f.Lot == nil) {
		b.find("%s.lot is %s, expected a step above 0", name, c.Instrument.Lot)
	}
	if c.LiquidationFee < 0 || c.LiquidationFee >= market.Scale {
		b.find("%s.liquidation_fee is %s, expected a fraction of at least 0 and below 1", name, c.LiquidationFee)
	}
	if interval%market.Scale != 0 || interval <= 0 || interval > 24*market.Scale {
		b.find("%s.funding_interval_hours is %s, expected whole hours from 1 to 24", name, market.Format(interval))
	}
	c.Margin, c.Group = b.book.Margin, f.Group
	b.marginOf(name, f, &c)
	if b.policed {
		b.fundOf(name, f, &c)
		b.fundingOf(name, f, &c)
	}
	return &c
}

// fundOf reads what the policies of insurance fund and backstop ask of a contract.
func (b *builder) fundOf(name string, f *contract, c *Contract) {
	if b.book.Policies.FundScope == "group" && f.Group == "" {
		b.find("%s.group is missing, expected the name of its insurance fund with fund_scope: group", name)
	}
	takes := b.book.Policies.Backstop == "takes_scope"
	if f.BackstopFraction == nil && !takes {
		return
	}
	c.BackstopFraction = b.book.Parameters.BackstopFraction
	field(b, name+".backstop_fraction", f.BackstopFraction, &c.BackstopFraction, &c.Sources.Backstop)
	if c.BackstopFraction <= 0 || c.BackstopFraction > market.Scale || !takes {
		b.find("%s.backstop_fraction is %s, expected a fraction above 0 and at most 1, with backstop: takes_scope", name, c.BackstopFraction)
	}
}

// fundingOf reads the limits of a contract's funding rate, or computes them as policies.funding_limit says, and the impact
// notional of its premium.
func (b *builder) fundingOf(name string, f *contract, c *Contract) {
	limit := b.book.Policies.FundingLimit
	if f.FundingCap != nil {
		c.ownCap = true
		field(b, name+".funding_cap", f.FundingCap, &c.FundingCap, &c.Sources.FundingLimit)
		c.FundingFloor = -c.FundingCap
	}
	if f.FundingFloor != nil {
		field(b, name+".funding_floor", f.FundingFloor, &c.FundingFloor, &c.Sources.FundingLimit)
	}
	switch {
	case (f.FundingCap != nil || f.FundingFloor != nil) && limit == "none":
		b.find("%s.funding_cap: expected with a policy funding_limit other than none", name)
	case f.FundingFloor != nil && !c.ownCap || c.ownCap && (c.FundingCap <= 0 || c.FundingFloor >= 0 || c.FundingCap > market.Scale || c.FundingFloor < -market.Scale):
		b.find("%s.funding_cap is %s and funding_floor %s, expected a cap above 0 and at most 1 and a floor below 0 and at least -1", name, c.FundingCap, c.FundingFloor)
	case limit == "contract" && !c.ownCap:
		b.find("%s.funding_cap is missing, expected it here or in the default with funding_limit: contract", name)
	case !c.ownCap && (limit == "maintenance_factor" || limit == "margin_difference_factor"):
		c.FundingCap = b.computedCap(c, limit)
		c.FundingFloor = -c.FundingCap
		c.Sources.FundingLimit = "policies.funding_limit: " + limit
	}
	field(b, name+".impact_notional", f.ImpactNotional, &c.ImpactNotional, &c.Sources.Impact)
	field(b, name+".impact_margin", f.ImpactMargin, &c.impactMargin, &c.Sources.Impact)
	if c.ImpactNotional < 0 || c.impactMargin < 0 || f.ImpactNotional != nil && f.ImpactMargin != nil {
		b.find("%s: impact_notional %s, impact_margin %s, expected one of them, of at least 0", name, c.ImpactNotional, c.impactMargin)
	}
	if c.impactMargin > 0 && f.ImpactNotional == nil && len(c.Tiers) > 0 {
		notional, ok := market.MulDivFloor(int64(c.impactMargin), int64(c.Tiers[0].Leverage), market.Scale)
		if !ok {
			b.find("%s.impact_margin is %s, expected an amount that fits when multiplied with the leverage", name, c.impactMargin)
		}
		c.ImpactNotional = market.Quote(notional)
	}
}

// computedCap returns the cap of one interval's funding rate, rounded down: a factor of the lowest tier's maintenance margin rate
// (Binance FAQ on funding rates), or of initial less maintenance margin rate per 8 hours (dYdX v4, x/perpetuals).
func (b *builder) computedCap(c *Contract, limit string) market.Rate {
	initial, maintenance := c.InterestMargin.Base, c.SizeMargin.Maintenance
	if len(c.Tiers) > 0 {
		maintenance = c.Tiers[0].MaintenanceMarginRate
	}
	if initial == 0 && c.Margin.Linear {
		initial = c.SizeMargin.Initial
	}
	if initial == 0 && len(c.Tiers) > 0 && c.Tiers[0].Leverage > 0 {
		initial = market.Rate(market.Scale * market.Scale / int64(c.Tiers[0].Leverage))
	}
	factor := int64(b.book.Parameters.FundingLimitFactor)
	if limit == "maintenance_factor" {
		v, _ := market.MulDivFloor(factor, int64(maintenance), market.Scale) // a factor of at most 100 and a rate below 1 fit
		return market.Rate(v)
	}
	v, _ := market.MulDivFloor(factor*int64(c.FundingIntervalHours), int64(max(initial-maintenance, 0)), 8*market.Scale) // likewise
	return market.Rate(v)
}

// marginOf reads the parts of a contract that its rulebook's margin policies ask for, and notes those that they do not.
func (b *builder) marginOf(name string, f *contract, c *Contract) {
	p := &b.book.Policies
	if b.policed && (p.InitialMargin == "open_interest_scaled") != (f.InterestMargin != nil) {
		b.find("%s.interest_margin: expected with initial_margin: open_interest_scaled, and only with it", name)
	}
	if m := f.InterestMargin; m != nil {
		b.interestMargin(name+".interest_margin", m, c)
	}
	if b.policed && ((p.Tiers == "linear_in_size") != (f.SizeMargin != nil) || f.SizeMargin != nil && len(f.Tiers.Rows) > 0) {
		b.find("%s.size_margin: expected instead of tiers with tiers: linear_in_size, and only with it", name)
		return
	}
	if m := f.SizeMargin; m != nil {
		b.sizeMargin(name+".size_margin", m, c)
		return
	}
	b.tiers(name+".tiers", &f.Tiers, c)
}

func (b *builder) interestMargin(path string, m *interestMargin, c *Contract) {
	base, okBase := read(b, path+".base", m.Base)
	lower, okLower := read(b, path+".lower", m.Lower)
	upper, okUpper := read(b, path+".upper", m.Upper)
	c.InterestMargin = InterestMargin{Base: base, Lower: lower, Upper: upper}
	c.Sources.InterestMargin = b.fact(path, base.String()+" growing to 1 between open interests of "+lower.String()+" and "+upper.String(), m.Source, m.Reason)
	if okBase && okLower && okUpper && (base <= 0 || base > market.Scale || lower < 0 || upper != 0 && upper <= lower) {
		b.find("%s: base %s, lower %s, upper %s, expected a fraction above 0 and at most 1, and 0 <= lower < upper (upper 0: not scaled)", path, base, lower, upper)
	}
}

func (b *builder) sizeMargin(path string, m *sizeMargin, c *Contract) {
	initial, okInitial := read(b, path+".initial", m.Initial)
	maintenance, okMaintenance := read(b, path+".maintenance", m.Maintenance)
	slope, okSlope := read(b, path+".slope", m.Slope)
	c.SizeMargin, c.Tiers, c.SourcedTiers = SizeMargin{Initial: initial, Maintenance: maintenance, Slope: slope}, nil, 0
	c.Sources.Tiers = b.fact(path, "initial "+initial.String()+", maintenance "+maintenance.String()+", each + "+slope.String()+" per unit of size", m.Source, m.Reason)
	if okInitial && okMaintenance && okSlope && (maintenance <= 0 || maintenance > initial || initial > market.Scale || slope < 0) {
		b.find("%s: initial %s, maintenance %s, slope %s, expected 0 < maintenance <= initial <= 1 and a slope of at least 0", path, initial, maintenance, slope)
	}
}
