package sweep

import (
	"math"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/market/columnar"
	"github.com/liquidation-lab/backtest/pkg/replay"
	"github.com/liquidation-lab/backtest/pkg/report"
)

// row is one variant's figures of one group, or why the variant is impossible.
type row struct {
	variant int64
	engine  string
	values  []string
	group   report.Group
	error   string // of a variant whose rules can be carried out in no entry; the group is empty then
	result  *replay.Result
}

// Columns of the table of results after the axes; docs/FORMATS.md describes them.
var figures = []columnar.Column{
	{Name: "group", Type: columnar.String, Nullable: true},
	{Name: "error", Type: columnar.String, Nullable: true},
	{Name: "accounts", Type: columnar.Int64},
	{Name: "refused", Type: columnar.Int64},
	{Name: "liquidated", Type: columnar.Int64},
	{Name: "stopped", Type: columnar.Int64},
	{Name: "deleveraged", Type: columnar.Int64},
	{Name: "liquidation_probability", Type: columnar.Float64, Nullable: true},
	{Name: "liquidation_probability_low", Type: columnar.Float64, Nullable: true},
	{Name: "liquidation_probability_high", Type: columnar.Float64, Nullable: true},
	{Name: "pnl_mean", Type: columnar.Float64, Nullable: true},
	{Name: "pnl_median", Type: columnar.Float64, Nullable: true},
	{Name: "pnl_p05", Type: columnar.Float64, Nullable: true},
	{Name: "pnl_p95", Type: columnar.Float64, Nullable: true},
	{Name: "expected_shortfall_95", Type: columnar.Float64, Nullable: true},
	{Name: "return_median", Type: columnar.Float64, Nullable: true},
	{Name: "time_to_liquidation_median_seconds", Type: columnar.Float64, Nullable: true},
	{Name: "pnl_total", Type: columnar.Decimal128, Nullable: true},
	{Name: "fees", Type: columnar.Decimal128, Nullable: true},
	{Name: "funding", Type: columnar.Decimal128, Nullable: true},
	{Name: "insurance_fund_outflow", Type: columnar.Decimal128, Nullable: true},
	{Name: "socialized_loss", Type: columnar.Decimal128, Nullable: true},
}

// columns are those of the table of results.
func (p *Plan) columns() []columnar.Column {
	list := []columnar.Column{{Name: "variant", Type: columnar.Int64}, {Name: "engine", Type: columnar.String}}
	for i := range p.Axes {
		c := columnar.Column{Name: p.Axes[i].Column(), Type: columnar.String}
		if p.Axes[i].Numeric() {
			c.Type = columnar.Float64
		}
		list = append(list, c)
	}
	return append(list, figures...)
}

// metadata is that of the table of results and of its parts.
func (p *Plan) metadata(id string) map[string]string {
	meta := map[string]string{"sweep_sha256": id, "scenario": p.Scenario.Name, "scenario_sha256": p.Scenario.SHA256, "rulebook": p.Rulebook.Name}
	if v := p.Data.Metadata["provenance"]; v != "" {
		meta["provenance"] = v
	}
	return meta
}

// writer fills a table's row from left to right.
type writer struct {
	*columnar.Table
	column int
}

func (w *writer) next() int { w.column++; return w.column - 1 }

func (w *writer) text(s string) {
	if s == "" {
		w.Null(w.next())
	} else {
		w.String(w.next(), s)
	}
}

func (w *writer) number(n report.Number) {
	if n.Exists() {
		w.Float64(w.next(), float64(n))
	} else {
		w.Null(w.next())
	}
}

// amount writes a decimal string of a summary exactly; a sum may be larger than a Quote.
func (w *writer) amount(s string) {
	v, ok := market.ParseInt128(s)
	if ok {
		w.Decimal128(w.next(), v)
	} else {
		w.Null(w.next())
	}
}

// write appends a row.
func (p *Plan) write(t *columnar.Table, r *row) error {
	w := writer{Table: t}
	w.Int64(w.next(), r.variant)
	w.String(w.next(), r.engine)
	for i, v := range r.values {
		if !p.Axes[i].Numeric() {
			w.String(w.next(), v)
			continue
		}
		x, err := number(v)
		if err != nil {
			x = math.NaN() // Numeric read every value
		}
		w.Float64(w.next(), x)
	}
	g := &r.group
	w.text(g.Name)
	w.text(r.error)
	for _, n := range []int{g.Accounts, g.Refused, g.Liquidated, g.Stopped, g.Deleveraged} {
		w.Int64(w.next(), int64(n))
	}
	none := report.Number(math.NaN())
	l, pnl := g.LiquidationProbability, g.PnL
	numbers := []report.Number{l.Estimate, l.Low, l.High, pnl.Mean, pnl.Median, pnl.P05, pnl.P95, pnl.ExpectedShortfall, g.Return.Median, g.TimeToLiquidation.MedianSeconds}
	for _, n := range numbers {
		if r.error != "" || g.Accounts == g.Refused {
			n = none
		}
		w.number(n)
	}
	for _, s := range []string{pnl.Total, g.Fees, g.Funding} {
		w.amount(s)
	}
	if r.engine == EngineExchange && r.result != nil {
		w.Decimal(w.next(), int64(r.result.FundOutflow))
		w.amount(r.result.Totals.SocializedLoss.String())
	} else {
		w.amount("")
		w.amount("")
	}
	return t.EndRow()
}
