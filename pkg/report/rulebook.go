package report

import (
	"fmt"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/liquidation-lab/backtest/pkg/replay"
	"github.com/liquidation-lab/backtest/pkg/risk/venue"
)

// RulebookInfo says under whose rules.
type RulebookInfo struct {
	ID        string         `json:"id"`
	Title     string         `json:"title"`
	AsOf      string         `json:"as_of"`
	SHA256    string         `json:"sha256"`
	Fields    int            `json:"fields"`           // values that the rulebook states; a tier table is one
	Unsourced int            `json:"unsourced_fields"` // of them, without a dated source that was read
	Policies  []RulebookFact `json:"policies"`         // and their parameters and the fees; contracts are in rulebook.yaml
}

// RulebookFact is a policy, a parameter or a fee of the rulebook.
type RulebookFact struct {
	Path    string `json:"path"` // policies.trigger
	Value   string `json:"value"`
	Source  string `json:"source"` // "title (date)", or "unsourced: reason"
	Sourced bool   `json:"sourced"`
}

// CrowdInfo says what the crowd is, and what the venue made of the accounts as drawn, which are the same on every venue.
type CrowdInfo struct {
	Drawn            int `json:"drawn"`
	Accounts         int `json:"accounts"` // that hold a position
	Positions        int `json:"positions"`
	EnteredAtOpening int `json:"entered_at_opening"`         // accounts whose drawn entry would not have lived to see the opening
	MarginRaised     int `json:"margin_raised"`              // accounts that hold more margin than their leverage asks for, which would not keep them alive
	LeverageLowered  int `json:"positions_leverage_lowered"` // to their tier's limit
	BelowOneLot      int `json:"positions_below_one_lot"`    // left out
}

// venueRules are the parts of a rulebook that tell venues apart at a glance.
var venueRules = []string{"policies.", "parameters.", "fees."}

func rulebookInfo(r *venue.Rulebook) RulebookInfo {
	info := RulebookInfo{ID: r.ID, Title: r.Title, AsOf: r.AsOf, SHA256: r.Hash(), Policies: []RulebookFact{}}
	for _, f := range r.Facts() {
		info.Fields++
		if !f.Sourced() {
			info.Unsourced++
		}
		for _, prefix := range venueRules {
			if strings.HasPrefix(f.Path, prefix) {
				info.Policies = append(info.Policies, RulebookFact{f.Path, f.Value, f.Source, f.Sourced()})
			}
		}
	}
	return info
}

func crowdInfo(c *replay.CrowdCounts) *CrowdInfo {
	if c == nil {
		return nil
	}
	return &CrowdInfo{Drawn: c.Drawn, Accounts: c.Holding, Positions: c.Positions, EnteredAtOpening: c.Redrawn, MarginRaised: c.Backed, LeverageLowered: c.Capped, BelowOneLot: c.Dropped}
}

// name is the last part of the path: trigger.
func (f RulebookFact) name() string { return f.Path[strings.LastIndexByte(f.Path, '.')+1:] }

// Name is the key of the fact as a reader knows it: trigger.
func (f RulebookFact) Name() string { return f.name() }

// Sourcing says how much of the rulebook has a source: "12 of 95 fields have no source that was read".
func (r RulebookInfo) Sourcing() string {
	return fmt.Sprintf("%s of %s fields unsourced", count(r.Unsourced), count(r.Fields))
}

// rulebook prints the venue's rules: identity, policies, and the fields without a source.
func (p *printer) rulebook(s *Summary) {
	r := s.Rulebook
	p.section(fmt.Sprintf("Rulebook: %s, %s, as of %s", r.ID, r.Title, r.AsOf))
	var rows []table.Row
	for _, f := range r.Policies {
		mark := ""
		if !f.Sourced {
			mark = "unsourced"
		}
		rows = append(rows, table.Row{f.name(), f.Value, mark})
	}
	if len(rows) > 0 {
		p.table(table.Row{"policy, parameter or fee", "value", ""}, rows, 1, 2)
	}
	p.line("sha256 %s", r.SHA256)
	if len(s.Unsourced) == 0 {
		p.line("every field has a source")
		return
	}
	shown, rest := relevant(s)
	more := ""
	if rest > 0 {
		more = fmt.Sprintf(", and %s of contracts that are not replayed", count(rest))
	}
	p.wrapped(r.Sourcing()+": ", "  ", strings.Join(shown, ", ")+more+"; the report has the reasons")
}

// relevant returns the paths of the fields without a source that this run rests on, and how many others there are.
func relevant(s *Summary) (paths []string, rest int) {
	for _, f := range s.Unsourced {
		path, _, _ := strings.Cut(f, ":")
		if concerns(path, s.Market.Instruments) {
			paths = append(paths, path)
		} else {
			rest++
		}
	}
	return paths, rest
}

// concerns reports whether a field is of the whole venue or of one of the instruments, which a contract may name by symbol
// or by base currency.
func concerns(path string, instruments []InstrumentMarket) bool {
	contract, _, _ := strings.Cut(path, ".")
	switch contract {
	case "policies", "parameters", "fees", "default":
		return true
	}
	for _, m := range instruments {
		if strings.HasPrefix(m.Symbol, contract) {
			return true
		}
	}
	return false
}
