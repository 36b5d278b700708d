package venue

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// Rulebook is what one venue's rules were at one date. It is not changed after loading and may be shared.
type Rulebook struct {
	ID    string // "binance/2025-10"
	Title string
	AsOf  string // the date described, 2006-01-02

	Maker market.Rate // fee of a resting order
	Taker market.Rate // fee of a market order

	Inclusive  bool // Policies.Trigger is inclusive
	Policies   Policies
	Parameters Parameters
	Margin     MarginRules

	sources    map[string]source
	contracts  map[string]*Contract
	fallback   Contract
	hasDefault bool
	unsourced  []string
	facts      []Fact
	yaml       []byte
}

// Fact is one stated value of a rulebook: its path in the file, the value, and its source as "title (date)" or "unsourced:
// reason".
type Fact struct{ Path, Value, Source string }

// Tier is one row of a leverage table. Floor and Cap are in what Policies.TierBy names: notional, or size of base
// currency. To which tier a boundary belongs says Policies.TierBound.
type Tier struct {
	Floor, Cap            market.Quote
	MaxLeverage           int         // whole times
	MaintenanceMarginRate market.Rate // of the whole notional, before MaintenanceAmount is taken off
	MaintenanceAmount     market.Quote
}

// Contract is one instrument's part of a rulebook.
type Contract struct {
	Instrument           market.Instrument
	Margin               MarginRules
	Tiers                []Tier         // ascending, contiguous, from a floor of 0
	SizeMargin           SizeMargin     // tiers: linear_in_size
	InterestMargin       InterestMargin // initial_margin: open_interest_scaled
	BackstopFraction     market.Rate    // of maintenance margin; the rulebook's where the contract has none
	Group                string         // fund_scope: group
	LiquidationFee       market.Rate
	FundingIntervalHours int
	Fallback             bool // the rulebook does not know the symbol and answers with its default contract
	Sources              Sources
}

// SizeMargin is margin whose rate grows with the size of the whole position: Initial + Slope * size, Maintenance + Slope *
// size. Slope is per whole base unit.
type SizeMargin struct{ Initial, Maintenance, Slope market.Rate }

// InterestMargin scales the initial margin between two open interests, notionals at mark. Upper 0 means that it does not
// scale.
type InterestMargin struct {
	Base         market.Rate
	Lower, Upper market.Quote
}

// Sources says where each part of a contract comes from: "title (date)", or "unsourced: reason".
type Sources struct {
	Tiers, LiquidationFee, Tick, Lot, FundingInterval string
}

// Entry is a line of List.
type Entry struct {
	ID, Title, AsOf string
	Contracts       int
}

//go:embed rulebooks
var embedded embed.FS

// Load returns an embedded rulebook by id, such as "binance/2025-10"; a venue alone ("binance") means its newest.
func Load(id string) (*Rulebook, error) {
	ids := embeddedIDs()
	resolved := id
	if !strings.Contains(id, "/") {
		// Ids are ascending and end in a date, so the last one of a venue is its newest.
		for _, known := range ids {
			if strings.HasPrefix(known, id+"/") {
				resolved = known
			}
		}
	}
	if !slices.Contains(ids, resolved) {
		return nil, fmt.Errorf("no rulebook %q: expected one of %s, or the path of a file", id, strings.Join(ids, ", "))
	}
	name := "rulebooks/" + resolved + ".yaml"
	text, err := embedded.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("embedded rulebook %s: %w", name, err)
	}
	book, err := Parse(name, text)
	if err != nil {
		return nil, err
	}
	if book.ID != resolved {
		return nil, fmt.Errorf("%s: id is %q, expected %q as the file is named", name, book.ID, resolved)
	}
	return book, nil
}

// LoadFile reads a rulebook from a file of the user.
func LoadFile(name string) (*Rulebook, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("rulebook: %w", err)
	}
	return Parse(name, text)
}

// List returns the embedded rulebooks by id.
func List() []Entry {
	var list []Entry
	for _, id := range embeddedIDs() {
		book, err := Load(id)
		if err != nil {
			continue // a test loads every embedded rulebook, so none fails here
		}
		list = append(list, Entry{ID: book.ID, Title: book.Title, AsOf: book.AsOf, Contracts: len(book.contracts)})
	}
	return list
}

func embeddedIDs() []string {
	var ids []string
	names, _ := fs.Glob(embedded, "rulebooks/*/*.yaml") // the pattern is constant and well formed
	for _, name := range names {
		ids = append(ids, strings.TrimSuffix(path.Join(path.Base(path.Dir(name)), path.Base(name)), ".yaml"))
	}
	slices.Sort(ids)
	return ids
}

// Contract returns the rules of a symbol. Where a venue names contracts by their base currency, BTCUSDT finds BTC. A symbol
// that the rulebook does not know gets the default contract, with
// Fallback set; an error means that there is no default either.
func (r *Rulebook) Contract(symbol string) (*Contract, error) {
	if c, ok := r.contracts[symbol]; ok {
		return c, nil
	}
	base := named(market.Instrument{}, symbol).Base
	if c, ok := r.contracts[base]; ok { // venues that name contracts by their base currency
		own := *c
		own.Instrument = named(c.Instrument, symbol)
		return &own, nil
	}
	if !r.hasDefault {
		return nil, fmt.Errorf("rulebook %s has no contract %q and no default: add it to a copy of the rulebook", r.ID, symbol)
	}
	c := r.fallback
	c.Instrument = named(c.Instrument, symbol)
	return &c, nil
}

// Symbols lists the contracts that the rulebook names, sorted.
func (r *Rulebook) Symbols() []string {
	symbols := make([]string, 0, len(r.contracts))
	for s := range r.contracts {
		symbols = append(symbols, s)
	}
	slices.Sort(symbols)
	return symbols
}

// Hash returns the sha256 of the YAML text in hex.
func (r *Rulebook) Hash() string {
	sum := sha256.Sum256(r.yaml)
	return hex.EncodeToString(sum[:])
}

// YAML returns the text that the rulebook was read from.
func (r *Rulebook) YAML() []byte { return slices.Clone(r.yaml) }

// Unsourced lists the fields without a source, as "path: reason", in the order of the file.
func (r *Rulebook) Unsourced() []string { return slices.Clone(r.unsourced) }

// named fills in the symbol and splits it into base and quote where the quote currency is a usual one.
func named(i market.Instrument, symbol string) market.Instrument {
	i.Symbol, i.Base, i.Quote = symbol, symbol, ""
	for _, quote := range []string{"USDT", "USDC", "FDUSD", "BUSD", "USD"} {
		if base, ok := strings.CutSuffix(symbol, quote); ok && base != "" {
			i.Base, i.Quote = base, quote
			break
		}
	}
	return i
}
