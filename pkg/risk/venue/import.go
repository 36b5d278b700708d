package venue

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// ImportOptions say what Import makes of a file of leverage tables.
type ImportOptions struct {
	File  string // name of the file, for the source of the tables and for messages
	Date  string // of the tables, 2006-01-02
	ID    string // of the new rulebook, such as own/2026-09
	Title string // of the new rulebook; empty: made from those of the base and the file
}

// Imported is a rulebook made from a file of leverage tables.
type Imported struct {
	Rulebook *Rulebook
	Layout   string   // LayoutCCXT or LayoutBinance
	Tables   int      // contracts whose tiers are the file's
	Replaced int      // of these, contracts that the base knows
	Notes    []string // what was left out, rounded or adjusted
}

// Import puts the tables of a file on top of a rulebook: tiers are the file's, and policies, fees, steps and contracts that the file
// lacks are the base's. What is wrong with the file is an *Invalid, with the path of each value within it.
func Import(base *Rulebook, text []byte, o ImportOptions) (*Imported, error) {
	if _, err := time.Parse("2006-01-02", o.Date); err != nil {
		return nil, fmt.Errorf("date %q of %s: expected the day of the tables, such as 2025-10-10", o.Date, o.File)
	}
	if p := &base.Policies; p.TierBy == "size" {
		return nil, fmt.Errorf("rulebook %s has tiers by size (policies.tier_by), and the tables of %s are of notionals: expected a base whose tiers are by notional", base.ID, o.File)
	}
	r := readBrackets(text, base.Margin.Whole)
	if len(r.findings) > 0 {
		return nil, &Invalid{Name: o.File, Findings: r.findings}
	}
	sum := sha256.Sum256(text)
	f, key := base.copyFile(), "imported"
	for i := 2; f.Sources[key].Title != ""; i++ {
		key = fmt.Sprintf("imported-%d", i)
	}
	name := filepath.Base(o.File)
	f.Sources[key] = source{Title: fmt.Sprintf("%s, sha256 %s", name, hex.EncodeToString(sum[:])), Date: o.Date}
	f.ID, f.AsOf, f.Title = o.ID, o.Date, o.Title
	if f.Title == "" {
		f.Title = fmt.Sprintf("%s, with the tiers of %s", base.Title, name)
	}
	x := Imported{Layout: r.layout, Tables: len(r.tables), Notes: r.notes()}
	for _, t := range r.tables {
		if f.replace(t, key) {
			x.Replaced++
		}
	}
	f.merge()
	written := f.write(fmt.Sprintf("Made by `backtest venue import` from %s on top of %s (sha256 %s).", quoted(name), base.ID, base.Hash()))
	var err error
	if x.Rulebook, err = Parse(o.ID, written); err != nil {
		return nil, fmt.Errorf("the tables of %s do not fit rulebook %s: %w", o.File, base.ID, err)
	}
	return &x, nil
}

func (r *bracketReader) notes() []string {
	var notes []string
	if len(r.coin) > 0 {
		notes = append(notes, fmt.Sprintf("left out, because they are settled in their own coin: %s", strings.Join(r.coin, ", ")))
	}
	if r.rounded > 0 {
		notes = append(notes, fmt.Sprintf("%d maintenance margin rates have more than 8 decimals and are rounded to the nearest", r.rounded))
	}
	if len(r.adjusted) > 0 {
		notes = append(notes, fmt.Sprintf("brackets adjusted for the account that asked (notionalCoef), taken as they stand: %s", strings.Join(r.adjusted, ", ")))
	}
	return notes
}

// copyFile returns the decoded file of a rulebook with lists and maps of its own.
func (r *Rulebook) copyFile() *file {
	f := *r.file
	f.Sources = maps.Clone(r.file.Sources)
	f.Contracts = slices.Clone(r.file.Contracts)
	for i := range f.Contracts {
		f.Contracts[i].Symbols = slices.Clone(f.Contracts[i].Symbols)
	}
	return &f
}

// replace gives a symbol the tiers of a table. What else its contract states stays: that of the symbol, of its base currency where
// the rulebook names contracts so, or of the default. It says whether the rulebook had the symbol.
func (f *file) replace(t bracketTable, key string) bool {
	base := named(market.Instrument{}, t.symbol, "").Base
	at := slices.IndexFunc(f.Contracts, func(c contract) bool { return slices.Contains(c.Symbols, t.symbol) })
	if at < 0 {
		at = slices.IndexFunc(f.Contracts, func(c contract) bool { return c.Kind != "inverse" && slices.Contains(c.Symbols, base) })
	}
	own := contract{Symbols: []string{t.symbol}}
	if at >= 0 {
		own = f.Contracts[at]
		own.Symbols = []string{t.symbol}
		old := &f.Contracts[at]
		old.Symbols = slices.DeleteFunc(old.Symbols, func(s string) bool { return s == t.symbol })
		if slices.Contains(old.Symbols, base) && base != t.symbol && len(old.Symbols) > 0 {
			// The base currency finds these tiers too: it is the same contract under another name.
			old.Symbols = slices.DeleteFunc(old.Symbols, func(s string) bool { return s == base })
			own.Symbols = append(own.Symbols, base)
		}
		if len(old.Symbols) == 0 {
			f.Contracts = slices.Delete(f.Contracts, at, at+1)
		}
	} else if d := f.Default; d != nil {
		own.InterestMargin, own.Group = d.InterestMargin, d.Group // not taken from the default by leaving them out
	}
	own.SizeMargin, own.Tiers = nil, table{Source: key, Rows: make([]row, len(t.tiers))}
	for i, tier := range t.tiers {
		own.Tiers.Rows[i] = row{Floor: exactly[market.Quote]{v: tier.Floor}, Cap: exactly[market.Quote]{v: tier.Cap},
			Leverage: exactly[market.Rate]{v: tier.Leverage}, Rate: exactly[market.Rate]{v: tier.MaintenanceMarginRate}, Amount: exactly[market.Quote]{v: tier.MaintenanceAmount}}
	}
	f.Contracts = append(f.Contracts, own)
	return at >= 0
}

// merge puts contracts that differ in nothing but their symbols into one block, sorted by the first symbol.
func (f *file) merge() {
	byText := map[string]int{}
	var blocks []contract
	for _, c := range f.Contracts {
		body := c
		body.Symbols = nil
		text := string(body.append(nil, ""))
		if at, ok := byText[text]; ok {
			blocks[at].Symbols = append(blocks[at].Symbols, c.Symbols...)
			continue
		}
		byText[text] = len(blocks)
		blocks = append(blocks, c)
	}
	for i := range blocks {
		slices.Sort(blocks[i].Symbols)
	}
	slices.SortFunc(blocks, func(a, b contract) int { return strings.Compare(a.Symbols[0], b.Symbols[0]) })
	f.Contracts = blocks
}
