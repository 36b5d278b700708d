package venue

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// lineWidth is where a list of symbols is wrapped.
const lineWidth = 118

// write returns the file as YAML, in the form in which the embedded ones are written, after a comment.
func (f *file) write(comment string) []byte {
	b := fmt.Appendf(nil, "# %s\n# docs/RULEBOOKS.md describes the keys, docs/MODEL.md what each policy does.\nschema: %s\nid: %s\ntitle: %s\nas_of: %s\n\nsources:\n",
		comment, Schema, quoted(f.ID), quoted(f.Title), f.AsOf)
	for _, key := range sortedKeys(f.Sources) {
		s := f.Sources[key]
		b = fmt.Appendf(b, "  %s: {title: %s, date: %s", quoted(key), quoted(s.Title), quoted(s.Date))
		if s.Recalled {
			b = append(b, ", recalled: true"...)
		}
		b = append(b, "}\n"...)
	}
	if s := f.Settlement; s != nil {
		b = fmt.Appendf(b, "\nsettlement: {is: %s%s}\n", quoted(s.Is), from(s.Source, s.Reason))
	}
	b = append(b, "\npolicies:\n"...)
	for i := range policyFields {
		if p, ok := f.Policies[policyFields[i].key]; ok {
			since := ""
			if p.From != "" {
				since = ", from: " + p.From
			}
			b = fmt.Appendf(b, "  %s: {is: %s%s%s}\n", policyFields[i].key, p.Is, since, from(p.Source, p.Reason))
		}
	}
	if len(f.Parameters) > 0 {
		b = append(b, "\nparameters:\n"...)
	}
	for _, key := range slices.Sorted(maps.Keys(f.Parameters)) {
		n := f.Parameters[key]
		b = appendNumber(b, "  ", key, &n)
	}
	b = appendNumber(appendNumber(append(b, "\nfees:\n"...), "  ", "maker", &f.Fees.Maker), "  ", "taker", &f.Fees.Taker)
	if f.Default != nil {
		b = f.Default.append(append(b, "\ndefault:\n"...), "  ")
	}
	if len(f.Contracts) > 0 {
		b = append(b, "\ncontracts:\n"...)
	}
	for i := range f.Contracts {
		b = appendSymbols(b, f.Contracts[i].Symbols)
		b = f.Contracts[i].append(b, "    ")
	}
	return b
}

func appendSymbols(b []byte, symbols []string) []byte {
	line := "  - symbols: ["
	for i, s := range symbols {
		s = quoted(s)
		if i < len(symbols)-1 {
			s += ", "
		}
		if len(line)+len(s) > lineWidth && i > 0 {
			b = append(append(b, strings.TrimRight(line, " ")...), '\n')
			line = strings.Repeat(" ", 14)
		}
		line += s
	}
	return append(append(b, line...), "]\n"...)
}

// append writes what a contract states, without its symbols.
func (c *contract) append(b []byte, indent string) []byte {
	if c.Kind != "" {
		b = fmt.Appendf(b, "%skind: %s\n", indent, c.Kind)
	}
	b = appendNumber(b, indent, "contract_size", c.ContractSize)
	b = appendNumber(b, indent, "tick", c.Tick)
	b = appendNumber(b, indent, "lot", c.Lot)
	b = appendNumber(b, indent, "liquidation_fee", c.LiquidationFee)
	b = appendNumber(b, indent, "funding_interval_hours", c.FundingIntervalHours)
	b = appendNumber(b, indent, "funding_cap", c.FundingCap)
	b = appendNumber(b, indent, "funding_floor", c.FundingFloor)
	b = appendNumber(b, indent, "impact_notional", c.ImpactNotional)
	b = appendNumber(b, indent, "impact_margin", c.ImpactMargin)
	b = appendNumber(b, indent, "backstop_fraction", c.BackstopFraction)
	if c.Group != "" {
		b = fmt.Appendf(b, "%sgroup: %s\n", indent, quoted(c.Group))
	}
	if m := c.InterestMargin; m != nil {
		b = fmt.Appendf(b, "%sinterest_margin: {base: %s, lower: %s, upper: %s%s}\n", indent, m.Base.v, m.Lower.v, m.Upper.v, from(m.Source, m.Reason))
	}
	if m := c.SizeMargin; m != nil {
		return fmt.Appendf(b, "%ssize_margin: {initial: %s, maintenance: %s, slope: %s%s}\n", indent, m.Initial.v, m.Maintenance.v, m.Slope.v, from(m.Source, m.Reason))
	}
	b = appendRows(fmt.Appendf(b, "%stiers:\n", indent), indent+"  ", c.Tiers.Source, c.Tiers.Reason, c.Tiers.Rows)
	if r := c.Tiers.Rest; r != nil {
		b = appendRows(fmt.Appendf(b, "%s  rest:\n", indent), indent+"    ", r.Source, r.Reason, r.Rows)
	}
	return b
}

func appendRows(b []byte, indent, source, reason string, rows []row) []byte {
	b = fmt.Appendf(b, "%ssource: %s\n", indent, quoted(source))
	if reason != "" {
		b = fmt.Appendf(b, "%sreason: %s\n", indent, quoted(reason))
	}
	b = fmt.Appendf(b, "%srows:\n", indent)
	for _, r := range rows {
		b = fmt.Appendf(b, "%s  - {floor: %s, cap: %s, leverage: %s, rate: %s, amount: %s}\n", indent, r.Floor.v, r.Cap.v, r.Leverage.v, r.Rate.v, r.Amount.v)
	}
	return b
}

func appendNumber[T market.Fixed](b []byte, indent, key string, n *number[T]) []byte {
	if n == nil {
		return b
	}
	return fmt.Appendf(b, "%s%s: {value: %s%s}\n", indent, key, market.Format(n.Value.v), from(n.Source, n.Reason))
}

func from(source, reason string) string {
	if reason != "" {
		return ", source: " + quoted(source) + ", reason: " + quoted(reason)
	}
	return ", source: " + quoted(source)
}

// quoted writes text as a YAML scalar: bare where it can be read back as the same text, otherwise in double quotes.
func quoted(s string) string {
	bare := s != ""
	letter := false
	for i := 0; i < len(s); i++ {
		c := s[i]
		isLetter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		letter = letter || isLetter && c != 'e' && c != 'E'
		bare = bare && (isLetter || c >= '0' && c <= '9' || i > 0 && (c == '-' || c == '_' || c == '/'))
	}
	switch strings.ToLower(s) {
	case "true", "false", "null", "yes", "no", "on", "off", "nan", "inf", "y", "n":
		letter = false
	}
	if bare && letter {
		return s
	}
	return strconv.Quote(s)
}
