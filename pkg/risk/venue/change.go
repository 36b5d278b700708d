package venue

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// changeSource is the key under which changed values have their source.
const changeSource = "changed"

// Change returns a copy of the rulebook with other choices, for questions like "what if the largest leverage had been 20x".
// Keys are those of policies and parameters (adl_allocation, step_fraction, ...) and
//
//	maker, taker         fees
//	liquidation_fee_rate of all contracts
//	max_leverage         caps the leverage of every tier
//	maintenance_factor   multiplies every maintenance margin rate; amounts follow
//
// Parameters that a changed policy does not need any more go; those that it needs have to be given. The copy's id ends in "+",
// its title names the changes, and each changed value has "changed by the run" as its source. An error names the key, the
// value and what was expected.
func (r *Rulebook) Change(changes map[string]string) (*Rulebook, error) {
	if len(changes) == 0 {
		return r, nil
	}
	c := changer{file: r.copyFile(), margin: r.Margin}
	c.file.Policies, c.file.Parameters = maps.Clone(r.file.Policies), maps.Clone(r.file.Parameters)
	c.file.Sources[changeSource] = source{Title: "changed by the run", Date: r.AsOf}
	var said []string
	for _, key := range slices.Sorted(maps.Keys(changes)) {
		if err := c.change(key, changes[key]); err != nil {
			return nil, fmt.Errorf("rules.%s of %s: %w", key, r.ID, err)
		}
		said = append(said, key+" "+changes[key])
	}
	c.dropUnused(changes)
	c.file.ID = strings.TrimSuffix(r.ID, "+") + "+"
	c.file.Title = r.Title + ", with " + strings.Join(said, ", ")
	book, err := Parse(c.file.ID, c.file.write("Made from "+r.ID+" (sha256 "+r.Hash()+") by a run that changed its rules."))
	if err != nil {
		return nil, fmt.Errorf("the changed rules do not fit together: %w", err)
	}
	return book, nil
}

// changeable are the keys that are neither policies nor parameters.
var changeable = []string{"maker", "taker", "liquidation_fee_rate", "max_leverage", "maintenance_factor"}

// changer changes a decoded file.
type changer struct {
	file   *file
	margin MarginRules
}

func (c *changer) change(key, value string) error {
	for i := range policyFields {
		if f := &policyFields[i]; f.key == key {
			if _, known := f.choice(value); !known {
				return fmt.Errorf("%q, expected one of %s", value, f.names())
			}
			c.file.Policies[key] = policy{Is: value, Source: changeSource}
			return nil
		}
	}
	if !slices.ContainsFunc(parameterFields, func(f parameterField) bool { return f.key == key }) && !slices.Contains(changeable, key) {
		return fmt.Errorf("unknown rule; expected a policy (%s), a parameter of one, or %s", policyKeys(), strings.Join(changeable, ", "))
	}
	v, err := market.Parse[market.Rate](strings.TrimSuffix(value, "x"))
	if err != nil || strings.ContainsAny(value, "eE") {
		return fmt.Errorf("%q, expected a number in plain digits, such as 0.0125 or 20x", value)
	}
	rate := &number[market.Rate]{Value: exactly[market.Rate]{v: v}, Source: changeSource}
	for i := range parameterFields {
		if f := &parameterFields[i]; f.key == key {
			if int64(v) < f.least || int64(v) > f.most {
				return fmt.Errorf("%s, expected %s", value, f.expected)
			}
			if c.file.Parameters == nil {
				c.file.Parameters = map[string]number[market.Rate]{}
			}
			c.file.Parameters[key] = *rate
			return nil
		}
	}
	switch key {
	case "maker":
		c.file.Fees.Maker = *rate
	case "taker":
		c.file.Fees.Taker = *rate
	case "liquidation_fee_rate":
		c.each(func(k *contract) { k.LiquidationFee = rate })
	case "max_leverage":
		if v < market.Scale {
			return fmt.Errorf("%s, expected at least 1", value)
		}
		c.rows(func(row *row) { row.Leverage.v = min(row.Leverage.v, v) })
	case "maintenance_factor":
		return c.scaleMaintenance(v)
	}
	return nil
}

// each changes the default and every contract.
func (c *changer) each(f func(*contract)) {
	if c.file.Default != nil {
		d := *c.file.Default
		c.file.Default = &d
		f(&d)
	}
	for i := range c.file.Contracts {
		f(&c.file.Contracts[i])
	}
}

// rows changes every row of every table.
func (c *changer) rows(f func(*row)) {
	c.tables(func(list []row) {
		for i := range list {
			f(&list[i])
		}
	})
}

// tables changes the rows of every table, the rest of a table after its beginning.
func (c *changer) tables(f func([]row)) {
	c.each(func(k *contract) {
		begin := len(k.Tiers.Rows)
		all := slices.Clone(k.Tiers.Rows)
		if k.Tiers.Rest != nil {
			all = append(all, k.Tiers.Rest.Rows...)
		}
		f(all)
		k.Tiers.Rows = all[:begin:begin]
		if k.Tiers.Rest != nil {
			rest := *k.Tiers.Rest
			rest.Rows = all[begin:]
			k.Tiers.Rest = &rest
		}
	})
}

// scaleMaintenance multiplies rates, rounded up, and makes the amounts of marginal tables follow.
func (c *changer) scaleMaintenance(factor market.Rate) error {
	if factor <= 0 {
		return fmt.Errorf("%s, expected a factor above 0", factor)
	}
	var wrong error
	c.tables(func(list []row) {
		var last row
		for i := range list {
			t := &list[i]
			v, ok := market.MulDivCeil(int64(t.Rate.v), int64(factor), market.Scale)
			if t.Rate.v = market.Rate(v); !ok || v >= market.Scale {
				wrong = fmt.Errorf("%s makes a maintenance margin rate of 1 or more; expected a smaller factor", factor)
				return
			}
			if i > 0 && !c.margin.Whole {
				step, _ := market.MulDivFloor(int64(t.Floor.v), int64(t.Rate.v-last.Rate.v), market.Scale)
				t.Amount.v = last.Amount.v + market.Quote(step)
			}
			last = *t
		}
	})
	c.each(func(k *contract) {
		if k.SizeMargin != nil {
			m := *k.SizeMargin
			v, _ := market.MulDivCeil(int64(m.Maintenance.v), int64(factor), market.Scale)
			m.Maintenance.v = market.Rate(v)
			k.SizeMargin = &m
		}
	})
	return wrong
}

// dropUnused takes out parameters that no policy needs, except those that the change itself names.
func (c *changer) dropUnused(changes map[string]string) {
	needed := map[string]bool{}
	for i := range policyFields {
		if choice, ok := policyFields[i].choice(c.file.Policies[policyFields[i].key].Is); ok {
			for _, n := range choice.needs {
				needed[n] = true
			}
		}
	}
	for key := range c.file.Parameters {
		if _, named := changes[key]; !needed[key] && !named {
			delete(c.file.Parameters, key)
		}
	}
}
