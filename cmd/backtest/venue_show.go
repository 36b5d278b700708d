package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"github.com/liquidation-lab/backtest/pkg/risk/venue"
)

// mark stands before every value without a source that was read.
const mark = "!"

// shownVenue is `venue show --json`. Numbers are decimal strings, as everywhere.
type shownVenue struct {
	Schema     string          `json:"schema"`
	ID         string          `json:"id"`
	Title      string          `json:"title"`
	AsOf       string          `json:"as_of"`
	Settlement string          `json:"settlement"`
	SHA256     string          `json:"sha256"`
	Maker      string          `json:"maker_fee"`
	Taker      string          `json:"taker_fee"`
	Policies   []venue.Stated  `json:"policies"` // and parameters
	Contracts  []shownContract `json:"contracts"`
	Facts      []shownFact     `json:"facts"`
}

type shownFact struct {
	venue.Fact
	Sourced bool `json:"sourced"`
}

type shownContract struct {
	Symbol         string       `json:"symbol"`
	Fallback       bool         `json:"default"` // the rulebook does not know the symbol
	Kind           string       `json:"kind"`
	ContractSize   string       `json:"contract_size"`
	Tick           string       `json:"tick"`
	Lot            string       `json:"lot"`
	LiquidationFee string       `json:"liquidation_fee"`
	FundingHours   int          `json:"funding_interval_hours"`
	FundingCap     string       `json:"funding_cap,omitempty"`
	FundingFloor   string       `json:"funding_floor,omitempty"`
	ImpactNotional string       `json:"impact_notional,omitempty"`
	Backstop       string       `json:"backstop_fraction,omitempty"`
	Group          string       `json:"group,omitempty"`
	SizeMargin     *shownLine   `json:"size_margin,omitempty"`
	InterestMargin *shownScale  `json:"interest_margin,omitempty"`
	Tiers          []shownTier  `json:"tiers"`
	TiersSource    string       `json:"tiers_source"`
	RestSource     string       `json:"rest_source,omitempty"`
	SourcedTiers   int          `json:"tiers_of_source"` // the others are of rest_source
	Sources        shownSources `json:"sources"`
}

type shownSources struct {
	Tick            string `json:"tick"`
	Lot             string `json:"lot"`
	LiquidationFee  string `json:"liquidation_fee"`
	FundingInterval string `json:"funding_interval_hours"`
	FundingLimit    string `json:"funding_cap,omitempty"`
	Impact          string `json:"impact_notional,omitempty"`
	Backstop        string `json:"backstop_fraction,omitempty"`
	InterestMargin  string `json:"interest_margin,omitempty"`
	ContractSize    string `json:"contract_size,omitempty"`
}

type shownLine struct {
	Initial     string `json:"initial"`
	Maintenance string `json:"maintenance"`
	Slope       string `json:"slope"`
}

type shownScale struct {
	Base  string `json:"base"`
	Lower string `json:"lower"`
	Upper string `json:"upper"`
}

type shownTier struct {
	Floor    string `json:"floor"`
	Cap      string `json:"cap"`
	Leverage string `json:"leverage"`
	Rate     string `json:"maintenance_margin_rate"`
	Amount   string `json:"maintenance_amount"`
}

func newVenueShowCommand() *cobra.Command {
	var asJSON, asWritten bool
	c := &cobra.Command{
		Use:   "show RULEBOOK [SYMBOL]",
		Short: "Print a rulebook's values with their sources",
		Long: `Show prints policies with what they mean, parameters, fees and contracts, each with its source; with a symbol, that
contract's table. ` + mark + ` marks what has no source that was read: unsourced, with the reason, or from public knowledge.`,
		Example: `  backtest venue show hyperliquid/2025-10
  backtest venue show okx BTC-USDT-SWAP
  backtest venue show binance --json
  backtest venue show binance/2025-10 --yaml > my.yaml`,
		Args:              arguments(1, 2, "a rulebook, and a symbol or none"),
		ValidArgsFunction: completeVenue,
		RunE: func(c *cobra.Command, args []string) error {
			book, err := loadRulebook(args[0])
			if err != nil {
				return err
			}
			if asWritten {
				if asJSON || len(args) > 1 {
					return usagef("venue show: --yaml prints the whole file as written, expected neither --json nor a symbol with it")
				}
				_, err := c.OutOrStdout().Write(book.YAML())
				return err
			}
			symbols := book.Symbols()
			if len(args) > 1 {
				symbols = args[1:]
			}
			shown := make([]shownContract, len(symbols))
			for i, symbol := range symbols {
				contract, err := book.Contract(symbol)
				if err != nil {
					return &usageError{fmt.Errorf("venue show: %w; it has %s", err, strings.Join(book.Symbols(), ", "))}
				}
				shown[i] = showContract(contract)
			}
			w := c.OutOrStdout()
			switch {
			case asJSON:
				return printJSON(w, showVenue(book, shown))
			case len(args) > 1:
				printContract(w, book, &shown[0])
			default:
				printRulebook(w, book, shown)
			}
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	c.Flags().BoolVar(&asWritten, "yaml", false, "print the file as written, to begin one of your own")
	return c
}

func showVenue(b *venue.Rulebook, contracts []shownContract) *shownVenue {
	s := &shownVenue{Schema: "backtest/venue/v1", ID: b.ID, Title: b.Title, AsOf: b.AsOf, Settlement: b.Settlement, SHA256: b.Hash(),
		Maker: b.Maker.String(), Taker: b.Taker.String(), Policies: b.Describe(), Contracts: contracts, Facts: []shownFact{}}
	for _, f := range b.Facts() {
		s.Facts = append(s.Facts, shownFact{f, f.Sourced()})
	}
	return s
}

func showContract(c *venue.Contract) shownContract {
	from := c.Sources
	s := shownContract{Symbol: c.Instrument.Symbol, Fallback: c.Fallback, Kind: c.Kind.String(), ContractSize: c.ContractSize.String(), Tick: c.Instrument.Tick.String(),
		Lot: c.Instrument.Lot.String(), LiquidationFee: c.LiquidationFee.String(), FundingHours: c.FundingIntervalHours, Group: c.Group,
		Tiers: []shownTier{}, TiersSource: from.Tiers, RestSource: from.Rest, SourcedTiers: c.SourcedTiers,
		Sources: shownSources{Tick: from.Tick, Lot: from.Lot, LiquidationFee: from.LiquidationFee, FundingInterval: from.FundingInterval,
			FundingLimit: from.FundingLimit, Impact: from.Impact, Backstop: from.Backstop, InterestMargin: from.InterestMargin, ContractSize: from.ContractSize}}
	if c.FundingCap != 0 || c.FundingFloor != 0 {
		s.FundingCap, s.FundingFloor = c.FundingCap.String(), c.FundingFloor.String()
	}
	if c.ImpactNotional != 0 {
		s.ImpactNotional = c.ImpactNotional.String()
	}
	if c.BackstopFraction != 0 {
		s.Backstop = c.BackstopFraction.String()
	}
	if c.Margin.Linear {
		s.SizeMargin = &shownLine{c.SizeMargin.Initial.String(), c.SizeMargin.Maintenance.String(), c.SizeMargin.Slope.String()}
	}
	if c.Margin.InterestScale {
		s.InterestMargin = &shownScale{c.InterestMargin.Base.String(), c.InterestMargin.Lower.String(), c.InterestMargin.Upper.String()}
	}
	for _, t := range c.Tiers {
		s.Tiers = append(s.Tiers, shownTier{t.Floor.String(), t.Cap.String(), t.Leverage.String(), t.MaintenanceMarginRate.String(), t.MaintenanceAmount.String()})
	}
	return s
}

// marked returns the mark of a source.
func marked(source string) string {
	if (venue.Fact{Source: source}).Sourced() {
		return ""
	}
	return mark
}

func printRulebook(w io.Writer, b *venue.Rulebook, contracts []shownContract) {
	printTitle(w, b)
	t := sheet(w)
	t.AppendHeader(table.Row{"", "policy or parameter", "value", "what it does", "source"})
	for _, p := range b.Describe() {
		_, key, _ := strings.Cut(p.Key, ".")
		t.AppendRow(table.Row{marked(p.Source), key, p.Value, p.Meaning, p.Source})
	}
	for _, f := range b.Facts() {
		if strings.HasPrefix(f.Path, "fees.") || f.Path == "settlement" {
			t.AppendRow(table.Row{marked(f.Source), f.Path, f.Value, "", f.Source})
		}
	}
	fmt.Fprintln(w, t.Render())
	t = sheet(w)
	t.AppendHeader(table.Row{"", "contract", "max leverage", "lowest rate", "tiers", "liquidation fee", "funding", "source of the tiers"})
	for i := range contracts {
		c := &contracts[i]
		leverage, rate, tiers := c.lowest()
		source := c.TiersSource
		if c.RestSource != "" {
			source = fmt.Sprintf("first %d: %s; then %s", c.SourcedTiers, source, c.RestSource)
		}
		m := marked(c.TiersSource)
		if c.RestSource != "" && marked(c.RestSource) != "" {
			m = mark
		}
		t.AppendRow(table.Row{m, c.name(), leverage, rate, tiers, c.LiquidationFee, fmt.Sprintf("%dh", c.FundingHours), source})
	}
	fmt.Fprintln(w, t.Render())
	fmt.Fprintf(w, "%s has no source that was read: %d of %d values.\n", mark, len(b.Unsourced()), len(b.Facts()))
	if c, err := b.Contract("another"); err == nil && c.Fallback {
		fmt.Fprintf(w, "Every other symbol takes the default contract; `backtest venue show %s SYMBOL` prints what it would be.\n", b.ID)
	}
}

func printTitle(w io.Writer, b *venue.Rulebook) {
	fmt.Fprintf(w, "%s: %s, as of %s", b.ID, b.Title, b.AsOf)
	if b.Settlement != "" {
		fmt.Fprintf(w, ", settled in %s", b.Settlement)
	}
	fmt.Fprintf(w, " (sha256 %.12s)\n", b.Hash())
}

func (c *shownContract) name() string {
	if c.Kind == venue.Inverse.String() {
		return c.Symbol + " (inverse)"
	}
	return c.Symbol
}

// lowest returns leverage and rate of the smallest positions, and the number of tiers.
func (c *shownContract) lowest() (leverage, rate string, tiers any) {
	if c.SizeMargin != nil {
		return "1 / " + c.SizeMargin.Initial, c.SizeMargin.Maintenance, "linear"
	}
	return c.Tiers[0].Leverage + "x", c.Tiers[0].Rate, len(c.Tiers)
}

func printContract(w io.Writer, b *venue.Rulebook, c *shownContract) {
	printTitle(w, b)
	fmt.Fprintf(w, "%s", c.name())
	if c.Fallback {
		fmt.Fprint(w, ": not in the rulebook, which answers with its default contract")
	}
	fmt.Fprintln(w)
	t := sheet(w)
	t.AppendHeader(table.Row{"", "", "value", "source"})
	row := func(key, value, source string) {
		if value != "" {
			t.AppendRow(table.Row{marked(source), key, value, source})
		}
	}
	if c.Sources.ContractSize != "" {
		row("contract size", c.ContractSize, c.Sources.ContractSize)
	}
	row("tick", c.Tick, c.Sources.Tick)
	row("lot", c.Lot, c.Sources.Lot)
	row("liquidation fee", c.LiquidationFee, c.Sources.LiquidationFee)
	row("funding interval", fmt.Sprintf("%d hours", c.FundingHours), c.Sources.FundingInterval)
	row("funding cap", c.FundingCap, c.Sources.FundingLimit)
	row("funding floor", c.FundingFloor, c.Sources.FundingLimit)
	row("impact notional", c.ImpactNotional, c.Sources.Impact)
	if c.Backstop != "" && c.Sources.Backstop == "" {
		c.Sources.Backstop = "parameters.backstop_fraction"
	}
	row("backstop fraction", c.Backstop, c.Sources.Backstop)
	row("group", c.Group, "")
	if m := c.InterestMargin; m != nil {
		row("initial margin", fmt.Sprintf("%s, growing to 1 between open interests of %s and %s", m.Base, m.Lower, m.Upper), c.Sources.InterestMargin)
	}
	if m := c.SizeMargin; m != nil {
		row("margin rates", fmt.Sprintf("initial %s, maintenance %s, each + %s per unit of size, at most 1", m.Initial, m.Maintenance, m.Slope), c.TiersSource)
	}
	fmt.Fprintln(w, t.Render())
	if len(c.Tiers) > 0 {
		printTiers(w, b, c)
	}
}

func printTiers(w io.Writer, b *venue.Rulebook, c *shownContract) {
	t := sheet(w)
	measure := map[string]string{"mark_notional": "notional at mark", "entry_notional": "notional at entry", "size": "size"}[b.Policies.TierBy]
	t.AppendHeader(table.Row{"", "tier", measure + " from", "to", "max leverage", "maintenance rate", "amount"})
	for i, tier := range c.Tiers {
		source := c.TiersSource
		if i >= c.SourcedTiers {
			source = c.RestSource
		}
		t.AppendRow(table.Row{marked(source), i + 1, tier.Floor, tier.Cap, tier.Leverage + "x", tier.Rate, tier.Amount})
	}
	fmt.Fprintln(w, t.Render())
	bound := map[string]string{"cap_exclusive": "upper", "cap_inclusive": "lower"}[b.Policies.TierBound]
	fmt.Fprintf(w, "A boundary belongs to the %s tier; above the last cap the last tier goes on.\n", bound)
	fmt.Fprintf(w, "Tiers: %s\n", c.TiersSource)
	if c.RestSource != "" {
		fmt.Fprintf(w, "From tier %d on: %s\n", c.SourcedTiers+1, c.RestSource)
	}
	if b.Policies.Tiers == "whole_position" {
		fmt.Fprintln(w, "A rate applies to the whole position; there is no amount.")
	}
}

// sheet returns a table that wraps its last columns to the terminal's width.
func sheet(w io.Writer) table.Writer {
	t := table.NewWriter()
	t.SetStyle(table.StyleLight)
	if width := terminalWidth(w); width > 0 {
		t.Style().Size.WidthMax = width
	}
	return t
}
