package report

import "github.com/liquidation-lab/backtest/pkg/market/columnar"

// The columns of the three tables. Names and order are a contract; new columns go to the end.
var (
	eventColumns = []columnar.Column{
		{Name: "time", Type: columnar.Time},
		{Name: "sequence", Type: columnar.Int64},
		{Name: "round", Type: columnar.Int32},
		{Name: "kind", Type: columnar.String},
		{Name: "account", Type: columnar.Int64},
		{Name: "group", Type: columnar.String},
		{Name: "symbol", Type: columnar.String},
		{Name: "side", Type: columnar.String},
		{Name: "size", Type: columnar.Decimal8},
		{Name: "price", Type: columnar.Decimal8},
		{Name: "mark_price", Type: columnar.Decimal8},
		{Name: "notional", Type: columnar.Decimal8},
		{Name: "realized_pnl", Type: columnar.Decimal8},
		{Name: "fee", Type: columnar.Decimal8},
		{Name: "fund_delta", Type: columnar.Decimal8},
	}
	stepColumns = []columnar.Column{
		{Name: "time", Type: columnar.Time},
		{Name: "phase", Type: columnar.Int32},
		{Name: "symbol", Type: columnar.String},
		{Name: "mark_price", Type: columnar.Decimal8},
		{Name: "last_price", Type: columnar.Decimal8},
		{Name: "funding_rate", Type: columnar.Decimal8},
		{Name: "open_interest", Type: columnar.Decimal8},
		{Name: "long_liquidated", Type: columnar.Decimal8},
		{Name: "short_liquidated", Type: columnar.Decimal8},
		{Name: "liquidation_events", Type: columnar.Int32},
		{Name: "adl_notional", Type: columnar.Decimal8},
		{Name: "insurance_fund", Type: columnar.Decimal8},
		{Name: "displacement", Type: columnar.Decimal8},
	}
	accountColumns = []columnar.Column{
		{Name: "account", Type: columnar.Int64},
		{Name: "group", Type: columnar.String},
		{Name: "rule", Type: columnar.String},
		{Name: "setup", Type: columnar.Int32, Nullable: true},
		{Name: "symbol", Type: columnar.String},
		{Name: "side", Type: columnar.String},
		{Name: "margin_mode", Type: columnar.String},
		{Name: "leverage", Type: columnar.Decimal8},
		{Name: "entry_time", Type: columnar.Time},
		{Name: "entry_price", Type: columnar.Decimal8},
		{Name: "size", Type: columnar.Decimal8},
		{Name: "deposit", Type: columnar.Decimal8},
		{Name: "margin", Type: columnar.Decimal8},
		{Name: "stop_price", Type: columnar.Decimal8, Nullable: true},
		{Name: "outcome", Type: columnar.String},
		{Name: "outcome_time", Type: columnar.Time, Nullable: true},
		{Name: "outcome_price", Type: columnar.Decimal8, Nullable: true},
		{Name: "pnl", Type: columnar.Decimal8},
		{Name: "fees", Type: columnar.Decimal8},
		{Name: "funding", Type: columnar.Decimal8},
		{Name: "refusal", Type: columnar.String, Nullable: true},
	}
)
