package calc

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/risk/venue"
)

// ADLInput is what `calc adl` works on (docs/CALC.md).
type ADLInput struct {
	Venue             string
	Symbol            string
	Liquidated        Liquidated
	Candidates        []Candidate
	Size              Number // to be closed; the liquidated size where absent
	Price             Number // of the ADL, in place of the policy's
	MarkPrice         Number // the oracle's price on venues that use it
	PreviousMarkPrice Number
	Start             int // of random_start: the candidate that comes first
	FinalSettlement   bool
	Fund              *Fund
	Study             Study
}

// Liquidated is the position that is closed. Its bankruptcy price is given, or follows from its quote balance, or from entry
// price and margin.
type Liquidated struct {
	Given           bool
	Side            market.Side
	Size            Number
	BankruptcyPrice Number
	BankruptcyQuote Number // cash for all of it at the bankruptcy price, as the account receives it
	QuoteBalance    Number
	EntryPrice      Number
	Leverage        Number
	Margin          Number // isolated margin
	Wallet          Number // what stands behind the position beside its margin
	FillPrices      []Number
	MaxFee          Number // of the fill's value
	Kind            Kind
	ContractSize    Number
}

// Candidate is a possible counterparty.
type Candidate struct {
	Account   string
	Side      market.Side // 0: the opposite of the liquidated
	Size      Number
	RankValue Number // score, used as it is

	PnL, Wallet, Maintenance, MarginRatio, Equity Number
	Notional, EntryPrice, MarkPrice               Number
	MarkValue, EntryValue, BankruptValue          Number // signed as BitMEX has them
	PnLPercent, Leverage, MarginRate              Number // MarginRate: maintenance margin rate, in place of Maintenance
	QuoteBalance, BankruptcyPrice                 Number // of random_start's check
}

// ADLResult is what `calc adl` prints.
type ADLResult struct {
	Venue           string      `json:"venue"`
	Score           string      `json:"adl_score"` // the policy
	PricePolicy     string      `json:"adl_price"`
	BankruptcyPrice Number      `json:"bankruptcy_price"`
	Price           Number      `json:"price"`
	Size            Number      `json:"size"`
	Ranking         []Ranked    `json:"ranking"`
	Fills           []Fill      `json:"fills"`
	Uncovered       Number      `json:"uncovered"`
	FinalQuote      Number      `json:"liquidated_final_quote"`
	Fund            *FundResult `json:"fund"`
	Insurance       []Flow      `json:"insurance"`
	Notes           []string    `json:"notes"`
	StudyResult
}

// Ranked is a candidate in the order in which it would be deleveraged.
type Ranked struct {
	Rank       int    `json:"rank"`
	Account    string `json:"account"`
	Side       string `json:"side"`
	Size       Number `json:"size"`
	Value      Number `json:"score"`
	PnLPercent Number `json:"pnl_percent"`
	Leverage   Number `json:"leverage"`
	Cumulative Number `json:"cumulative_share"` // of the candidates' size, this one included
	Percentile Number `json:"percentile"`       // in fifths, as BitMEX shows it
	Quantile   Number `json:"quantile"`         // rank / candidates, as Binance defines it
	Filled     Number `json:"filled"`
	FinalQuote Number `json:"final_quote"` // of the quote balance after its fill; null where it has none
	Skipped    string `json:"skipped"`     // why it is passed over

	from *Candidate
}

// Fill is one counterparty's part.
type Fill struct {
	Account    string `json:"account"`
	Size       Number `json:"size"`
	Price      Number `json:"price"`
	Quote      Number `json:"quote"` // value at the price
	Partial    bool   `json:"partial"`
	FinalQuote Number `json:"final_quote"`
}

// ADL ranks the candidates by the rulebook's score and closes the size against them in that order, the last one partially
// (docs/MODEL.md section 5). Errors are *InputError.
func ADL(book *venue.Rulebook, in *ADLInput) (*ADLResult, error) {
	r := &ADLResult{Venue: book.ID, Score: book.Policies.ADLScore, PricePolicy: book.Policies.ADLPrice, Ranking: []Ranked{}, Fills: []Fill{}, Insurance: []Flow{}, Notes: []string{}}
	r.Size = in.Size.Or(in.Liquidated.Size)
	if err := r.price(book, in); err != nil {
		return nil, err
	}
	if err := r.rank(book, in); err != nil {
		return nil, err
	}
	if a := book.Policies.ADLAllocation; a != "queue" && len(in.Candidates) > 0 && r.Size.Given() {
		return nil, &InputError{Path: "venue", Value: book.ID + " with adl_allocation: " + a, Expected: "adl_allocation: queue", Remedy: "leave out size and liquidated to rank only"}
	}
	r.fill(book, in)
	if in.Fund != nil {
		f, err := in.Fund.test(book)
		if err != nil {
			return nil, err
		}
		r.Fund = f
	}
	study, err := in.Study.result()
	if err != nil {
		return nil, err
	}
	r.StudyResult = study
	return r, r.insurance(book, in)
}

// price finds the bankruptcy price of the liquidated position and the ADL price of the policy.
func (r *ADLResult) price(book *venue.Rulebook, in *ADLInput) error {
	bankruptcy, err := in.Liquidated.bankruptcy(book, in.Symbol)
	if err != nil {
		return err
	}
	r.BankruptcyPrice = bankruptcy
	mark := in.MarkPrice
	switch policy := book.Policies.ADLPrice; {
	case in.Price.Given():
		r.Price = in.Price
	case in.FinalSettlement && mark.Given() && in.Liquidated.solvent(bankruptcy, mark):
		r.Price = mark // dYdX v4: final settlement of a solvent account is at the oracle price
	case policy == "mark":
		r.Price = mark
	case policy == "previous_mark":
		r.Price = in.PreviousMarkPrice.Or(mark)
	default:
		r.Price = bankruptcy
		distance := FromRate(book.Parameters.ADLMarkDistance).Mul(mark)
		if policy == "bankruptcy_near_mark" && bankruptcy.Given() && mark.Given() && bankruptcy.Sub(mark).Abs().Cmp(distance) > 0 {
			r.Price = mark
			r.Notes = append(r.Notes, fmt.Sprintf("price: the bankruptcy price, %s, is more than %s away from mark; mark is used", bankruptcy, distance))
		}
	}
	if !r.Price.Given() && len(in.Candidates) > 0 && in.Liquidated.Given {
		needs := "liquidated.bankruptcy_price, or what it follows from"
		if strings.HasSuffix(book.Policies.ADLPrice, "mark") && book.Policies.ADLPrice != "bankruptcy_near_mark" {
			needs = "mark_price"
		}
		r.Notes = append(r.Notes, fmt.Sprintf("price: not known; %s needs %s", book.Policies.ADLPrice, needs))
	}
	return nil
}

// solvent reports whether the account is worth something at a mark.
func (l *Liquidated) solvent(bankruptcy, mark Number) bool {
	return bankruptcy.Given() && mark.Sub(bankruptcy).Times(int(l.Side)).Sign() >= 0
}

// rank orders the candidates.
func (r *ADLResult) rank(book *venue.Rulebook, in *ADLInput) error {
	total, shared := Number{}, 0
	for i := range in.Candidates {
		c := in.Candidates[i] // a copy: the request stays as it is
		if c.Side == 0 {
			c.Side = -in.Liquidated.Side
		}
		if c.Side == 0 {
			c.Side = market.Long
		}
		score, err := c.score(book, in, fmt.Sprintf("candidates[%d]", i))
		if err != nil {
			return err
		}
		row := Ranked{Account: c.Account, Side: c.Side.String(), Size: c.Size, Value: score.Value, PnLPercent: score.PnLPercent, Leverage: score.Leverage, from: &c}
		if row.Account == "" {
			row.Account = strconv.Itoa(i)
		}
		switch {
		case in.Liquidated.Given && c.Side == in.Liquidated.Side:
			row.Skipped = "same side as the liquidated position"
		case book.Policies.ADLScore != "random_start" && c.losing(in):
			row.Skipped = "not in profit"
		}
		total = total.Add(c.Size)
		r.Ranking = append(r.Ranking, row)
	}
	r.order(in)
	cumulative := Number{}
	for i := range r.Ranking {
		row := &r.Ranking[i]
		shared++
		row.Rank, row.Quantile = shared, Int(int64(shared)).Div(Int(int64(len(r.Ranking))))
		if total.Sign() > 0 {
			cumulative = cumulative.Add(row.Size)
			row.Cumulative = cumulative.Div(total)
			row.Percentile = row.Cumulative.Ceil(Must("0.2"))
		}
	}
	return nil
}

// order sorts by descending score, ties by lower account; without scores it begins at Start and goes around.
func (r *ADLResult) order(in *ADLInput) {
	scored := slices.ContainsFunc(r.Ranking, func(row Ranked) bool { return row.Value.Given() })
	if !scored && len(r.Ranking) > 0 {
		at := in.Start % len(r.Ranking)
		r.Ranking = append(slices.Clone(r.Ranking[at:]), r.Ranking[:at]...)
		return
	}
	slices.SortStableFunc(r.Ranking, func(a, b Ranked) int {
		if c := b.Value.Cmp(a.Value); c != 0 {
			return c
		}
		x, okX := ParseNumber(a.Account)
		y, okY := ParseNumber(b.Account)
		if okX && okY {
			return x.Cmp(y)
		}
		return strings.Compare(a.Account, b.Account)
	})
}

// fill closes the size against the ranking.
func (r *ADLResult) fill(book *venue.Rulebook, in *ADLInput) {
	left := r.Size
	for i := range r.Ranking {
		row := &r.Ranking[i]
		c := row.from
		if row.Skipped == "" && book.Policies.ADLScore == "random_start" && c.worse(r.Price) {
			row.Skipped = "the price is worse for it than its own bankruptcy price"
		}
		if row.Skipped != "" || left.Sign() <= 0 || row.Size.Sign() <= 0 {
			continue
		}
		d := row.Size.Min(left)
		left = left.Sub(d)
		f := Fill{Account: row.Account, Size: d, Price: r.Price, Partial: d.Cmp(row.Size) < 0}
		if r.Price.Given() {
			f.Quote = in.Liquidated.value(book, in.Symbol, d, r.Price)
			if c.QuoteBalance.Given() {
				f.FinalQuote = c.QuoteBalance.Add(f.Quote.Times(int(c.Side))) // a long sells, a short buys
			}
		}
		row.Filled, row.FinalQuote = d, f.FinalQuote
		r.Fills = append(r.Fills, f)
	}
	r.Uncovered = left
	if q := in.Liquidated.QuoteBalance; q.Given() && len(r.Fills) > 0 && r.Price.Given() {
		for _, f := range r.Fills {
			q = q.Add(f.Quote.Times(int(in.Liquidated.Side)))
		}
		r.FinalQuote = q
	}
}
