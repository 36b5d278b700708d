package calc

import "github.com/liquidation-lab/backtest/pkg/market"

// Account is what `calc account` works on. Absent numbers have the defaults that docs/CALC.md lists.
type Account struct {
	Venue              string // a rulebook, where the request does not name one
	WalletBalance      Number // all of the account's wallet, isolated margins included
	CrossWalletBalance Number // instead: what backs cross positions
	QuoteBalance       Number // instead: wallet less the signed cost of cross positions, as dYdX and Hyperliquid keep it
	Collateral         []Collateral
	OtherPnL           Number // unrealized PnL of cross positions that are not listed
	OtherMaintenance   Number // maintenance margin of cross positions that are not listed
	Positions          []Position

	FillableAdjustment Number // in place of the rulebook's
	FillableSpread     Number
}

// Collateral is an asset that counts for margin at a fraction of its value.
type Collateral struct {
	Asset         string
	Amount, Price Number
	Rate          Number // fraction that counts; 1 where absent
}

// Position is one position of an account. Size is in contracts, whose ContractSize is in base currency for a linear contract
// and in quote currency for an inverse one.
type Position struct {
	Symbol         string
	Side           market.Side
	Size           Number
	Notional       Number // at mark, in the settlement currency: in place of Size, or beside it in place of MarkPrice
	EntryPrice     Number
	MarkPrice      Number // EntryPrice where absent
	Cross          bool
	Leverage       Number
	IsolatedMargin Number // without unrealized PnL, funding or a reserve for the closing fee; entry notional / leverage where absent
	RawUSD         Number // instead of IsolatedMargin: margin less the signed cost

	MaintenanceMarginRate Number // these three in place of the rulebook's
	MaintenanceAmount     Number
	FeeRate               Number

	Table        Table // in place of the rulebook's tiers
	Kind         Kind
	ContractSize Number // 1 where absent
	Tick         Number // prices are rounded to it in Rounding's direction
	Rounding     Rounding
	OpenInterest Number // notional at mark; scales initial margin where the rulebook or Interest does
	Interest     *InterestTable
	CloseSize    Number // part of the size that BankruptcyQuote and the orders are asked for; all of it where absent
}

// Kind says in which coordinate a contract's value is linear.
type Kind uint8

// The kinds. KindOfRulebook stands for the one of the rulebook's contract.
const (
	KindOfRulebook Kind = iota
	Linear              // value = size * contract size * price, in quote currency
	Inverse             // value = size * contract size / price, in base currency
)

// Table is maintenance margin that stands in for the rulebook's: rows of tiers, a rate that grows with the size, or BitMEX's
// risk limits. At most one of them is given.
type Table struct {
	Rows      []Row
	Size      *SizeTable
	RiskLimit *RiskLimit
}

// Row is one tier. Cap is absent for the last one; Amount, where absent, follows from the rates when the rulebook's tiers are
// marginal, and Rate from MaxLeverage as 1 / (2 * MaxLeverage) (Hyperliquid, margin tiers).
type Row struct{ Floor, Cap, Rate, Amount, MaxLeverage Number }

// SizeTable is margin whose rates are base + Slope * size in base currency (Deribit support article 25944738177565).
type SizeTable struct{ Initial, Maintenance, Slope Number }

// InterestTable is initial margin that grows from Base to 1 between two open interests (dYdX v4 liquidity tiers), in place of
// the rulebook's.
type InterestTable struct{ Base, Lower, Upper Number }

// RiskLimit is BitMEX's: with k = ceil(max(0, value - Base) / Step), the rates are Initial + k * Increment and Maintenance +
// k * Increment, of the whole position (risk limit pages of 2021 and before).
type RiskLimit struct{ Base, Step, Initial, Maintenance, Increment Number }

// Rates returns the initial and maintenance margin rate of a position's value.
func (r RiskLimit) Rates(value Number) (initial, maintenance Number) {
	k := value.Sub(r.Base).Max(Int(0)).Div(r.Step).Ceil(Int(1))
	return r.Initial.Add(k.Mul(r.Increment)), r.Maintenance.Add(k.Mul(r.Increment))
}

// sign is +1 for a long and -1 for a short.
func (p *Position) sign() int { return int(p.Side) }

// AmountOf returns the maintenance amount that makes margin continuous at a tier's floor: floor * (rate - rate of the tier
// before) + amount of the tier before (Binance leverage and margin FAQ; Bybit calls it deduction).
func AmountOf(floor, rate, rateBefore, amountBefore Number) Number {
	return floor.Mul(rate.Sub(rateBefore)).Add(amountBefore)
}
