package report

import (
	"fmt"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/liquidation-lab/backtest/internal/scenario"
)

// VenueRows are the venues: name and what it stands for, then a cell for each figure of VenueHeader.
func (c *Coupling) VenueRows() []cellRow {
	var rows []cellRow
	for _, v := range c.Venues {
		cells := []string{share(Number(parse(v.Share))), share(Number(parse(v.DepthShare)))}
		if c.Moves() {
			cells = append(cells, shortOf(v.AtData.Notional), shortOf(v.Alone.Notional))
		}
		cells = append(cells, shortOf(v.Coupled.Notional), share(v.LiquidatedShare), share(v.LongShare), count(v.Coupled.Accounts))
		if c.Moves() {
			cells = append(cells, v.apart())
		}
		cells = append(cells, shortOf(v.Coupled.FundOutflow), shortOf(v.Coupled.FundClosing), shortOf(v.Coupled.ADLNotional))
		if c.Moves() {
			cells = append(cells, plain(v.Reproduction))
		}
		rows = append(rows, cellRow{Name: v.Name, Detail: v.detail(), Cells: cells})
	}
	return rows
}

// detail is the venue's rulebook and when it was cut off.
func (v *VenueCoupling) detail() string {
	text := v.Rulebook
	for _, s := range v.CutOff {
		text += fmt.Sprintf(", cut off %s to %s", clock(s.From), clock(s.To))
	}
	return text
}

// apart says how many accounts fell coupled and not alone, and alone and not coupled.
func (v *VenueCoupling) apart() string {
	if v.Apart == nil {
		return "–"
	}
	return count(v.Apart.Coupled) + " / " + count(v.Apart.Alone)
}

// VenueHeader names the cells of VenueRows.
func (c *Coupling) VenueHeader() []string {
	if !c.Moves() {
		return []string{"open interest", "depth", "liquidated", "of all", "long", "accounts", "fund paid out", "fund, closing", "ADL"}
	}
	return []string{"open interest", "depth", "at data's prices", "alone", "coupled", "of all", "long", "accounts", "only coupled / alone", "fund paid out", "fund, closing", "ADL", "reproduction"}
}

// Moves reports whether orders moved prices.
func (c *Coupling) Moves() bool { return c.PriceMode == scenario.ModeFeedback }

// CoinRows are the coins: a cell for each venue with the notional liquidated there and its long share, then all venues together.
func (c *Coupling) CoinRows() []cellRow {
	var rows []cellRow
	for _, coin := range c.Coins {
		r := cellRow{Name: coin.Symbol}
		for i := range c.Venues {
			cell := "0"
			for _, f := range c.Venues[i].ByInstrument {
				if f.Symbol == coin.Symbol && f.Events > 0 {
					cell = shortOf(f.Notional) + " (" + share(f.LongShare) + ")"
				}
			}
			r.Cells = append(r.Cells, cell)
		}
		rows = append(rows, cellRow{Name: r.Name, Cells: append(r.Cells, shortOf(coin.Liquidated), share(coin.LongShare))})
	}
	return rows
}

// DistanceRows are the coins on which venues came apart: the distance, when, who stood higher, and what arbitrage moved.
func (c *Coupling) DistanceRows() []cellRow {
	var rows []cellRow
	for _, coin := range c.Coins {
		if coin.High != "" {
			rows = append(rows, cellRow{Name: coin.Symbol, Cells: []string{share(Number(parse(coin.Distance))), clock(coin.DistanceTime), coin.High, coin.Low, shortNumber(coin.Moved)}})
		}
	}
	return rows
}

func shortNumber(n Number) string {
	if !n.Exists() {
		return "–"
	}
	return short(float64(n))
}

// Sentence words what coupled the venues.
func (c *Coupling) Sentence() string {
	if !c.Moves() {
		return "At the data's prices nothing connects the venues: all of them follow one recorded path."
	}
	text := "no arbitrage"
	switch c.Arbitrage {
	case "none":
	case "0s":
		text = "arbitrage at once, as in one book"
	default:
		text = "arbitrage halves a difference of pressure in " + c.Arbitrage
	}
	return fmt.Sprintf("Coupled by the index and by marks that are %s their own; %s. Liquidated: %s on all venues together.", share(Number(parse(c.OwnMark))), text, shortOf(c.Liquidated))
}

func (p *printer) cutOffs(c *Coupling) {
	for _, v := range c.Venues {
		for _, s := range v.CutOff {
			p.line("%s was cut off from %s to %s: no arbitrage reached it, and the index of the others left it out.", v.Name, clock(s.From), clock(s.To))
		}
	}
}

func (p *printer) coupling(c *Coupling) {
	if c == nil {
		return
	}
	p.section("Contagion")
	p.wrapped("", "", c.Sentence())
	p.cells("venue", c.VenueHeader(), c.VenueRows())
	if c.Moves() {
		p.cutOffs(c)
	}
	p.section("Liquidated by coin and venue, notional (long share)")
	header := make([]string, 0, len(c.Venues)+2)
	for _, v := range c.Venues {
		header = append(header, v.Name)
	}
	p.cells("coin", append(header, "all", "long"), c.CoinRows())
	if rows := c.DistanceRows(); len(rows) > 0 {
		p.section("Largest distance between venues' last prices, and the pressure that arbitrage moved")
		p.cells("coin", []string{"distance", "at", "higher", "lower", "moved, quote"}, rows)
	}
	p.expectations(&Summary{Expectations: c.Expectations})
}

// cells prints rows under a header.
func (p *printer) cells(first string, names []string, list []cellRow) {
	header := table.Row{first}
	for _, n := range names {
		header = append(header, n)
	}
	var rows []table.Row
	for _, r := range list {
		row := table.Row{r.Name}
		for _, cell := range r.Cells {
			row = append(row, cell)
		}
		rows = append(rows, row)
	}
	p.table(header, rows)
}
