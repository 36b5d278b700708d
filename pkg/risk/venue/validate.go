package venue

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// builder turns a decoded file into a Rulebook and checks it on the way.
type builder struct {
	name string
	file *file
	book *Rulebook
}

func (b *builder) build() error {
	if b.file.ID == "" || b.file.Title == "" {
		return fmt.Errorf("id %q, title %q: expected both to be given", b.file.ID, b.file.Title)
	}
	if _, err := time.Parse("2006-01-02", b.file.AsOf); err != nil {
		return fmt.Errorf("as_of is %q, expected a date such as 2025-10-10", b.file.AsOf)
	}
	for _, key := range sortedKeys(b.file.Sources) {
		if s := b.file.Sources[key]; s.Title == "" || s.Date == "" {
			return fmt.Errorf("sources.%s: title %q, date %q: expected both to be given", key, s.Title, s.Date)
		}
	}
	if err := b.policies(); err != nil {
		return err
	}
	if err := b.fees(); err != nil {
		return err
	}
	b.book.Inclusive = b.book.Policies.Trigger == "inclusive"
	b.book.Margin = marginRules(&b.book.Policies, b.book.Taker)
	if b.file.Default == nil {
		// Without a default, each contract has to name everything and unknown symbols are refused.
		return b.contracts()
	}
	if len(b.file.Default.Symbols) > 0 {
		return fmt.Errorf("default: symbols %v: expected none, it stands for every symbol not named", b.file.Default.Symbols)
	}
	fallback, err := b.contract("default", b.file.Default, &Contract{})
	if err != nil {
		return err
	}
	fallback.Fallback, b.book.hasDefault = true, true
	b.book.fallback = *fallback
	return b.contracts()
}

func (b *builder) fees() error {
	for _, f := range []struct {
		key   string
		value *number[market.Rate]
		into  *market.Rate
	}{{"maker", &b.file.Fees.Maker, &b.book.Maker}, {"taker", &b.file.Fees.Taker, &b.book.Taker}} {
		// A maker may be paid (a negative fee); nobody is paid or charged a tenth of the notional.
		if v := f.value.Value.v; v >= market.Scale/10 || v < 0 && f.key == "taker" || v <= -market.Scale/10 {
			return fmt.Errorf("fees.%s is %s, expected a fraction such as 0.0005", f.key, v)
		}
		if _, err := b.source("fees."+f.key, f.value.Source, f.value.Reason); err != nil {
			return err
		}
		*f.into = f.value.Value.v
	}
	return nil
}

func (b *builder) contracts() error {
	for i := range b.file.Contracts {
		f := &b.file.Contracts[i]
		if len(f.Symbols) == 0 {
			return fmt.Errorf("contracts[%d]: no symbols, expected at least one", i)
		}
		c, err := b.contract(f.Symbols[0], f, &b.book.fallback)
		if err != nil {
			return err
		}
		for _, symbol := range f.Symbols {
			if _, twice := b.book.contracts[symbol]; twice || symbol == "" {
				return fmt.Errorf("contract %q: named twice or empty, expected each symbol once", symbol)
			}
			own := *c
			own.Instrument = named(c.Instrument, symbol)
			b.book.contracts[symbol] = &own
		}
	}
	if len(b.book.contracts) == 0 && b.file.Default == nil {
		return errors.New("no contracts and no default, expected at least one of them")
	}
	return nil
}

// contract reads one block; what it leaves out comes from base.
func (b *builder) contract(name string, f *contract, base *Contract) (*Contract, error) {
	c := *base
	c.Fallback = false
	if err := errors.Join(
		field(b, name+".tick", f.Tick, &c.Instrument.Tick, &c.Sources.Tick),
		field(b, name+".lot", f.Lot, &c.Instrument.Lot, &c.Sources.Lot),
		field(b, name+".liquidation_fee", f.LiquidationFee, &c.LiquidationFee, &c.Sources.LiquidationFee),
	); err != nil {
		return nil, err
	}
	interval := hours(c.FundingIntervalHours) * market.Scale
	if err := field(b, name+".funding_interval_hours", f.FundingIntervalHours, &interval, &c.Sources.FundingInterval); err != nil {
		return nil, err
	}
	c.FundingIntervalHours = int(interval / market.Scale)
	switch {
	case c.Instrument.Tick <= 0:
		return nil, fmt.Errorf("%s.tick is %s, expected a step above 0", name, c.Instrument.Tick)
	case c.Instrument.Lot <= 0:
		return nil, fmt.Errorf("%s.lot is %s, expected a step above 0", name, c.Instrument.Lot)
	case c.LiquidationFee < 0 || c.LiquidationFee >= market.Scale:
		return nil, fmt.Errorf("%s.liquidation_fee is %s, expected a fraction of at least 0 and below 1", name, c.LiquidationFee)
	case interval%market.Scale != 0 || interval <= 0 || interval > 24*market.Scale:
		return nil, fmt.Errorf("%s.funding_interval_hours is %s, expected whole hours from 1 to 24", name, market.Format(interval))
	}
	c.Margin, c.Group = b.book.Margin, f.Group
	if err := b.marginOf(name, f, &c); err != nil {
		return nil, err
	}
	return &c, nil
}

// marginOf reads the parts of a contract that its rulebook's margin policies ask for, and refuses those that they do not.
func (b *builder) marginOf(name string, f *contract, c *Contract) error {
	p := &b.book.Policies
	if b.book.Policies.FundScope == "group" && f.Group == "" {
		return fmt.Errorf("%s.group is missing, expected the name of its insurance fund with fund_scope: group", name)
	}
	if f.BackstopFraction != nil || p.Backstop == "takes_scope" {
		c.BackstopFraction = b.book.Parameters.BackstopFraction
		if err := field(b, name+".backstop_fraction", f.BackstopFraction, &c.BackstopFraction, new(string)); err != nil {
			return err
		}
		if c.BackstopFraction <= 0 || c.BackstopFraction > market.Scale || p.Backstop != "takes_scope" {
			return fmt.Errorf("%s.backstop_fraction is %s, expected a fraction above 0 and at most 1, with backstop: takes_scope", name, c.BackstopFraction)
		}
	}
	if (p.InitialMargin == "open_interest_scaled") != (f.InterestMargin != nil) {
		return fmt.Errorf("%s.interest_margin: expected with initial_margin: open_interest_scaled, and only with it", name)
	}
	if m := f.InterestMargin; m != nil {
		c.InterestMargin = InterestMargin{Base: m.Base.v, Lower: m.Lower.v, Upper: m.Upper.v}
		if _, err := b.source(name+".interest_margin", m.Source, m.Reason); err != nil {
			return err
		}
		if m.Base.v <= 0 || m.Base.v > market.Scale || m.Lower.v < 0 || m.Upper.v != 0 && m.Upper.v <= m.Lower.v {
			return fmt.Errorf("%s.interest_margin: base %s, lower %s, upper %s, expected a fraction above 0 and at most 1, and 0 <= lower < upper (upper 0: not scaled)", name, m.Base.v, m.Lower.v, m.Upper.v)
		}
	}
	if (p.Tiers == "linear_in_size") != (f.SizeMargin != nil) || f.SizeMargin != nil && len(f.Tiers.Rows) > 0 {
		return fmt.Errorf("%s.size_margin: expected instead of tiers with tiers: linear_in_size, and only with it", name)
	}
	if m := f.SizeMargin; m != nil {
		c.SizeMargin, c.Tiers = SizeMargin{Initial: m.Initial.v, Maintenance: m.Maintenance.v, Slope: m.Slope.v}, nil
		if m.Maintenance.v <= 0 || m.Maintenance.v > m.Initial.v || m.Initial.v > market.Scale || m.Slope.v < 0 {
			return fmt.Errorf("%s.size_margin: initial %s, maintenance %s, slope %s, expected 0 < maintenance <= initial <= 1 and a slope of at least 0", name, m.Initial.v, m.Maintenance.v, m.Slope.v)
		}
		var err error
		c.Sources.Tiers, err = b.source(name+".size_margin", m.Source, m.Reason)
		return err
	}
	var err error
	if c.Sources.Tiers, err = b.source(name+".tiers", f.Tiers.Source, f.Tiers.Reason); err != nil {
		return err
	}
	c.Tiers, err = tiers(name, f.Tiers.Rows, c.Margin.Whole)
	return err
}

// field stores a number that the file gives, together with where it comes from.
func field[T market.Fixed](b *builder, path string, n *number[T], into *T, from *string) error {
	if n == nil {
		return nil
	}
	text, err := b.source(path, n.Source, n.Reason)
	*into, *from = n.Value.v, text
	return err
}

// source resolves a source key to "title (date)" and notes fields that have none.
func (b *builder) source(path, key, reason string) (string, error) {
	if key == unsourcedKey {
		if reason == "" {
			return "", fmt.Errorf("%s: unsourced without a reason, expected reason: why this value", path)
		}
		b.book.unsourced = append(b.book.unsourced, path+": "+reason)
		return "unsourced: " + reason, nil
	}
	s, ok := b.file.Sources[key]
	if !ok {
		return "", fmt.Errorf("%s: source %q is not under sources; expected one of %s, or %s with a reason",
			path, key, strings.Join(sortedKeys(b.file.Sources), ", "), unsourcedKey)
	}
	text := fmt.Sprintf("%s (%s)", s.Title, s.Date)
	if s.Recalled {
		text += ", from public knowledge"
		b.book.unsourced = append(b.book.unsourced, path+": "+text)
	}
	return text, nil
}

// tiers checks a table: contiguous from 0, rates rising, leverage not rising, amounts that make the margin continuous.
func tiers(name string, rows []row, whole bool) ([]Tier, error) {
	if len(rows) == 0 {
		return nil, fmt.Errorf("%s.tiers: no rows, expected at least one", name)
	}
	list := make([]Tier, len(rows))
	var last Tier
	for i, r := range rows {
		t := Tier{Floor: r.Floor.v, Cap: r.Cap.v, MaxLeverage: r.Leverage, MaintenanceMarginRate: r.Rate.v, MaintenanceAmount: r.Amount.v}
		amount := market.Quote(0)
		if i > 0 && !whole {
			step, ok := market.MulDivFloor(int64(t.Floor), int64(t.MaintenanceMarginRate-last.MaintenanceMarginRate), market.Scale)
			if !ok {
				return nil, fmt.Errorf("%s.tiers, tier %d: floor %s times rate %s does not fit", name, i+1, t.Floor, t.MaintenanceMarginRate)
			}
			amount = last.MaintenanceAmount + market.Quote(step)
		}
		wrong := func(field string, got, expected any) error {
			return fmt.Errorf("%s.tiers, tier %d: %s is %v, expected %v", name, i+1, field, got, expected)
		}
		switch {
		case t.Floor != last.Cap:
			return nil, wrong("floor", t.Floor, fmt.Sprintf("%s, the cap of the tier before (0 for the first)", last.Cap))
		case t.Cap <= t.Floor:
			return nil, wrong("cap", t.Cap, fmt.Sprintf("more than the floor, %s", t.Floor))
		case t.MaintenanceMarginRate <= last.MaintenanceMarginRate || t.MaintenanceMarginRate >= market.Scale:
			return nil, wrong("rate", t.MaintenanceMarginRate, fmt.Sprintf("more than %s and less than 1", last.MaintenanceMarginRate))
		case t.MaxLeverage < 1 || i > 0 && t.MaxLeverage > last.MaxLeverage:
			return nil, wrong("leverage", t.MaxLeverage, "at least 1 and at most that of the tier before")
		case t.MaintenanceAmount != amount:
			return nil, wrong("amount", t.MaintenanceAmount, fmt.Sprintf("%s (floor * (rate - previous rate) + previous amount where tiers are marginal, 0 where they are not)", amount))
		}
		list[i], last = t, t
	}
	return list, nil
}

func sortedKeys(m map[string]source) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
