package venue

import (
	"slices"
	"time"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// builder turns a decoded file into a Rulebook and notes on the way what is wrong with it.
type builder struct {
	file     *file
	book     *Rulebook
	findings []string
	policed  bool // the policies are known, so that what depends on them can be checked
}

func (b *builder) build() {
	if b.file.ID == "" || b.file.Title == "" {
		b.find("id %q, title %q: expected both to be given", b.file.ID, b.file.Title)
	}
	if _, err := time.Parse("2006-01-02", b.file.AsOf); err != nil {
		b.find("as_of is %q, expected a date such as 2025-10-10", b.file.AsOf)
	}
	for _, key := range sortedKeys(b.file.Sources) {
		if s := b.file.Sources[key]; s.Title == "" || s.Date == "" {
			b.find("sources.%s: title %q, date %q: expected both to be given", key, s.Title, s.Date)
		}
	}
	before := len(b.findings)
	b.policies()
	b.policed = len(b.findings) == before
	if s := b.file.Settlement; s != nil {
		b.book.Settlement = s.Is
		b.fact("settlement", s.Is, s.Source, s.Reason)
	}
	b.fees()
	b.book.Inclusive = b.book.Policies.Trigger == "inclusive"
	b.book.Margin = marginRules(&b.book.Policies, b.book.Taker)
	b.contracts()
}

func (b *builder) fees() {
	for _, f := range []struct {
		key   string
		value *number[market.Rate]
		into  *market.Rate
	}{{"maker", &b.file.Fees.Maker, &b.book.Maker}, {"taker", &b.file.Fees.Taker, &b.book.Taker}} {
		v, ok := read(b, "fees."+f.key, f.value.Value)
		// A maker may be paid (a negative fee); nobody is paid or charged a tenth of the notional.
		if ok && (v >= market.Scale/10 || v < 0 && f.key == "taker" || v <= -market.Scale/10) {
			b.find("fees.%s is %s, expected a fraction such as 0.0005", f.key, v)
		}
		b.fact("fees."+f.key, v.String(), f.value.Source, f.value.Reason)
		*f.into = v
	}
}

func (b *builder) contracts() {
	if d := b.file.Default; d != nil {
		if len(d.Symbols) > 0 {
			b.find("default: symbols %v: expected none, it stands for every symbol not named", d.Symbols)
		}
		fallback := b.contract("default", d, &Contract{ContractSize: market.Scale})
		fallback.Fallback, b.book.hasDefault = true, true
		b.book.fallback = *fallback
	} else {
		// Without a default, each contract has to name everything and unknown symbols are refused.
		b.book.fallback = Contract{ContractSize: market.Scale}
	}
	for i := range b.file.Contracts {
		f := &b.file.Contracts[i]
		if len(f.Symbols) == 0 {
			b.find("contracts[%d]: no symbols, expected at least one", i)
			continue
		}
		c := b.contract(f.Symbols[0], f, &b.book.fallback)
		for _, symbol := range f.Symbols {
			if _, twice := b.book.contracts[symbol]; twice || symbol == "" {
				b.find("contract %q: named twice or empty, expected each symbol once", symbol)
			}
			own := *c
			own.Instrument = named(c.Instrument, symbol, b.book.Settlement)
			b.book.contracts[symbol] = &own
		}
	}
	if len(b.file.Contracts) == 0 && b.file.Default == nil {
		b.find("no contracts and no default, expected at least one of them")
	}
}

// read returns a number of the file; one that could not be read is a finding.
func read[T market.Fixed](b *builder, path string, x exactly[T]) (v T, ok bool) {
	if x.bad != "" {
		b.find("%s: %s", path, x.bad)
		return 0, false
	}
	return x.v, true
}

// field stores a number that the file gives, together with where it comes from; ok is false where the file does not give it,
// or not as a number.
func field[T market.Fixed](b *builder, path string, n *number[T], into *T, from *string) (ok bool) {
	if n == nil {
		return false
	}
	v, ok := read(b, path, n.Value)
	*into, *from = v, b.fact(path, market.Format(v), n.Source, n.Reason)
	return ok
}

func sortedKeys(m map[string]source) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
