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

	Settlement string // currency of margin and profit: USDT; empty where the file does not state it

	Inclusive bool // Policies.Trigger is inclusive
	Policies  Policies
	// FundingDividedFrom is when the interval began to divide the funding rate; 0 where the file names no time.
	FundingDividedFrom market.Time
	Parameters         Parameters
	Margin             MarginRules

	sources    map[string]source
	contracts  map[string]*Contract
	fallback   Contract
	hasDefault bool
	unsourced  []string
	facts      []Fact
	yaml       []byte
	file       *file // as decoded; what Import starts from
}

// Tier is one row of a leverage table. Floor and Cap are in what Policies.TierBy names: notional, or size of base
// currency. To which tier a boundary belongs says Policies.TierBound.
type Tier struct {
	Floor, Cap            market.Quote
	MaxLeverage           int         // whole times, what the engine allows
	Leverage              market.Rate // as published, such as 66.66: 66.66e8
	MaintenanceMarginRate market.Rate // of the whole notional, before MaintenanceAmount is taken off
	MaintenanceAmount     market.Quote
}

// Contract is one instrument's part of a rulebook.
type Contract struct {
	Instrument           market.Instrument
	Kind                 Kind
	ContractSize         market.Qty // base currency of one contract as the venue counts; of an inverse contract quote currency
	Margin               MarginRules
	Tiers                []Tier         // ascending, contiguous, from a floor of 0
	SizeMargin           SizeMargin     // tiers: linear_in_size
	InterestMargin       InterestMargin // initial_margin: open_interest_scaled
	BackstopFraction     market.Rate    // of maintenance margin; the rulebook's where the contract has none
	Group                string         // fund_scope: group
	LiquidationFee       market.Rate
	FundingIntervalHours int
	FundingCap           market.Rate  // highest rate of one interval; 0 with FundingFloor 0: no limit is known
	FundingFloor         market.Rate  // lowest rate of one interval
	ImpactNotional       market.Quote // for which the impact prices of the premium are quoted; 0: not known
	SourcedTiers         int          // how many of Tiers the source Sources.Tiers covers; Sources.Rest has the others
	Fallback             bool         // the rulebook does not know the symbol and answers with its default contract
	Sources              Sources

	ownCap       bool         // FundingCap is stated, not computed by Policies.FundingLimit
	impactMargin market.Quote // from which ImpactNotional is computed
}

// Kind says in what a contract is settled.
type Kind uint8

// Linear contracts are settled in quote currency; one unit of size is one unit of base. Inverse contracts are settled in base
// currency, and a size counts contracts of quote currency; the engine refuses them.
const (
	Linear Kind = iota
	Inverse
)

// String returns the kind as files write it.
func (k Kind) String() string {
	if k == Inverse {
		return "inverse"
	}
	return "linear"
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
	Tiers, Rest, LiquidationFee, Tick, Lot, FundingInterval, FundingLimit, Impact, Backstop, InterestMargin, ContractSize string
}

// Entry is a line of List.
type Entry struct {
	ID, Title, AsOf string
	Contracts       int
}

//go:embed rulebooks
var embedded embed.FS

// Load returns an embedded rulebook by id, such as "binance/2025-10"; a venue alone ("binance") means its newest. The venue may
// be written as rulebooks/names.yaml knows it: "Binance", "dydx_v4".
func Load(id string) (*Rulebook, error) {
	ids := IDs()
	resolved, err := canonical(id)
	if err != nil {
		return nil, err
	}
	if !strings.Contains(resolved, "/") {
		// Ids are ascending and end in a date, so the last one of a venue is its newest.
		prefix := resolved + "/"
		for _, known := range ids {
			if strings.HasPrefix(known, prefix) {
				resolved = known
			}
		}
	}
	if !slices.Contains(ids, resolved) {
		return nil, fmt.Errorf("no rulebook %q: expected one of %s, or the path of a .yaml file", id, strings.Join(ids, ", "))
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

// List returns the embedded rulebooks by id; IDs does not read them.
func List() []Entry {
	var list []Entry
	for _, id := range IDs() {
		book, err := Load(id)
		if err != nil {
			continue // a test loads every embedded rulebook, so none fails here
		}
		list = append(list, Entry{ID: book.ID, Title: book.Title, AsOf: book.AsOf, Contracts: len(book.contracts)})
	}
	return list
}

// IDs lists the embedded rulebooks, sorted.
func IDs() []string {
	var ids []string
	names, _ := fs.Glob(embedded, "rulebooks/*/*.yaml") // the pattern is constant and well formed
	for _, name := range names {
		ids = append(ids, strings.TrimSuffix(path.Join(path.Base(path.Dir(name)), path.Base(name)), ".yaml"))
	}
	slices.Sort(ids)
	return ids
}

// Contract returns the rules of a symbol. Where a venue names contracts by their base currency, BTCUSDT finds BTC; other
// spellings of a contract's own pair find it too (btcusdt, BTC/USDT:USDT, and BTC with the settlement currency). A symbol that the rulebook does not know gets the default contract, with Fallback set; an error means that there is no default either.
func (r *Rulebook) Contract(symbol string) (*Contract, error) {
	c, ok := r.contracts[symbol]
	if !ok {
		c, ok = r.contracts[named(market.Instrument{}, symbol, "").Base]
		ok = ok && c.Kind == Linear // BTCUSDT is not the inverse contract on BTC
	}
	pair := symbol
	if !ok {
		if c, pair, ok = r.respelled(symbol); !ok {
			pair = symbol
		}
	}
	if !ok {
		if !r.hasDefault {
			return nil, fmt.Errorf("rulebook %s has no contract %q and no default: add it to a copy of the rulebook", r.ID, symbol)
		}
		c = &r.fallback
	}
	own := *c
	own.Instrument = named(c.Instrument, pair, r.Settlement)
	own.Instrument.Symbol = symbol
	return &own, nil
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

// named fills in the symbol and splits it into base and quote where the quote currency is a usual one; a quote that the
// symbol does not tell is the settlement currency. BTCUSDT, BTC-USD, BTC-USDT-SWAP, BTC-PERP and BTC are all written somewhere.
func named(i market.Instrument, symbol, settlement string) market.Instrument {
	i.Symbol, i.Base, i.Quote = symbol, symbol, settlement
	pair := symbol
	for _, suffix := range []string{"-SWAP", "-PERPETUAL", "-PERP"} {
		pair = strings.TrimSuffix(pair, suffix)
	}
	if pair != "" {
		i.Base = pair
	}
	for _, quote := range []string{"USDT", "USDC", "FDUSD", "BUSD", "USD"} {
		base, ok := strings.CutSuffix(pair, quote)
		if base = strings.TrimRight(base, "-_"); ok && base != "" {
			i.Base, i.Quote = base, quote
			break
		}
	}
	return i
}
