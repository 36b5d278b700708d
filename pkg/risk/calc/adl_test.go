package calc

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/liquidation-lab/backtest/pkg/market"
)

func TestADLByHand(t *testing.T) {
	queue := `"candidates": [
		{"account": "1", "size": "10", "rank_value": "3"}, {"account": "2", "size": "10", "rank_value": "6"}, {"account": "3", "size": "5", "rank_value": "6"}]`
	for _, c := range []struct {
		name, book, input string
		want              map[string]any
	}{
		{"ties by lower account, the last one partial", "binance/2025-10", `{"liquidated": {"side": "long", "size": "12", "bankruptcy_price": "90"}, ` + queue + `}`, map[string]any{
			"fills/0/account": "2", "fills/0/size": "10", "fills/0/partial": false, "fills/1/account": "3", "fills/1/size": "2", "fills/1/partial": true, "fills/1/price": "90", "uncovered": "0"}},
		{"not enough", "binance/2025-10", `{"liquidated": {"side": "long", "size": "40", "bankruptcy_price": "90"}, ` + queue + `}`, map[string]any{"fills/2/account": "1", "uncovered": "15"}},
		{"at mark", "okx/2025-10", `{"mark_price": "95", "liquidated": {"side": "long", "size": "12", "bankruptcy_price": "90"}, ` + queue + `}`, map[string]any{"price": "95", "fills/0/quote": "950"}},
		{"at the mark before", "hyperliquid/2025-10", `{"mark_price": "95", "previous_mark_price": "96", "liquidated": {"side": "long", "size": "12", "bankruptcy_price": "90"}, ` + queue + `}`, map[string]any{"price": "96"}},
		{"bankruptcy near mark", "bybit/2025-10", `{"mark_price": "94.5", "liquidated": {"side": "long", "size": "12", "bankruptcy_price": "90"}, ` + queue + `}`, map[string]any{"price": "90"}}, // 4.5 of 4.725
		{"bankruptcy far from mark", "bybit/2025-10", `{"mark_price": "95", "liquidated": {"side": "long", "size": "12", "bankruptcy_price": "90"}, ` + queue + `}`, map[string]any{"price": "95"}},
		// BitMEX: 10% times 2,200/400 = 0.55, a short's 50/600 times 550/100 = 0.458; a loser's -5% / (1,900/100) = -0.00263, not closed.
		{"scores", "bitmex/2020-03", `{"liquidated": {"side": "short", "size": "30", "bankruptcy_price": "200", "contract_type": "linear"}, "mark_price": "110", "candidates": [
			{"account": "w", "size": "20", "entry_price": "100", "equity": "400"}, {"account": "l", "size": "20", "mark_price": "95", "entry_price": "100", "equity": "100"}, {"account": "same", "side": "short", "size": "5", "entry_price": "120", "equity": "100"}]}`,
			map[string]any{"ranking/0/account": "w", "ranking/0/score": "0.55", "ranking/1/skipped": "same side as the liquidated position",
				"ranking/2/account": "l", "ranking/2/skipped": "not in profit", "fills/0/size": "20", "uncovered": "10"}},
		// Hyperliquid: a winning short has entry/mark: 100/80 * 800/200 = 5.
		{"a short's gain is inverted", "hyperliquid/2025-10", `{"liquidated": {"side": "long", "size": "1"}, "mark_price": "80", "candidates": [{"account": "s", "size": "10", "entry_price": "100", "account_value": "200"}]}`,
			map[string]any{"ranking/0/score": "5"}},
		// Binance, from the position itself: 10 of PnL / 10 of margin times (90 * 1%) / 20 = 0.045.
		{"margin of entry and leverage", "binance/2025-10", `{"size": "1", "liquidated": {"side": "long", "bankruptcy_price": "95"}, "mark_price": "90", "candidates": [
			{"account": "s", "side": "short", "size": "1", "entry_price": "100", "leverage": "10", "maintenance_margin_rate": "0.01"}]}`,
			map[string]any{"ranking/0/score": "0.045", "fills/0/size": "1", "size": "1"}},
		{"no equity, no score", "binance/2025-10", `{"candidates": [{"account": "a", "unrealized_pnl": "5", "wallet_balance": "-10", "maintenance_margin": "1"}]}`, map[string]any{"ranking/0/score": "0"}},
		{"from a start, around", "dydx/2025-10", `{"start": 2, "liquidated": {"side": "short", "size": "12", "quote_balance": "1200"}, "candidates": [
			{"account": "a", "size": "10", "quote_balance": "-500"}, {"account": "b", "size": "10", "quote_balance": "-500"}, {"account": "c", "size": "5", "quote_balance": "-500"}]}`,
			map[string]any{"fills/0/account": "c", "fills/1/account": "a", "fills/1/size": "7", "ranking/1/final_quote": "200", "liquidated_final_quote": "0"}},
		{"final settlement of a solvent account", "dydx/2025-10", `{"final_settlement": true, "oracle": "90", "liquidated": {"side": "short", "size": "1", "quote_balance": "100"}, "candidates": [{"account": "a", "size": "1", "quote_balance": "0"}]}`,
			map[string]any{"price": "90", "ranking/0/final_quote": "90", "liquidated_final_quote": "10"}},
		{"bankruptcy price of entry and leverage", "binance/2025-10", `{"liquidated": {"side": "short", "size": "2", "entry_price": "100", "leverage": "10"}}`, map[string]any{"bankruptcy_price": "110"}},
	} {
		t.Run(c.name, func(t *testing.T) { check(t, c.book, "adl", c.input, c.want) })
	}
}

func TestFundTests(t *testing.T) {
	for _, c := range []struct {
		name, book, fund string
		want             map[string]any
	}{
		// Bybit's second example fires at exactly -30%, where its prose says below.
		{"at thirty percent", "bybit/2025-10", `"balance": "700000", "instrument_pnl": "-300000", "instrument_peak_pnl": "0", "peak": "1000000"`, map[string]any{"fund/adl": true, "fund/excess_loss": "0"}},
		{"less", "bybit/2025-10", `"balance": "700001", "instrument_pnl": "-299999", "instrument_peak_pnl": "0", "peak": "1000000"`, map[string]any{"fund/adl": false, "fund/stops": false}},
		{"ends", "bybit/2025-10", `"balance": "800000", "instrument_pnl": "-249999", "instrument_peak_pnl": "0", "peak": "1000000"`, map[string]any{"fund/stops": true}},
		{"small pool", "bybit/2025-10", `"balance": "1", "threshold_balance": "1", "instrument_pnl": "-3", "instrument_peak_pnl": "0", "peak": "4"`, map[string]any{"fund/adl": false}},
		{"below the mean", "okx/2025-10", `"balance": "280000", "average": "400000"`, map[string]any{"fund/threshold": "280000", "fund/adl": false}},
		{"the absolute part", "okx/2025-10", `"balance": "49999", "average": "100000"`, map[string]any{"fund/threshold": "50000", "fund/adl": true}},
		{"from the peak", "bybit/2025-10", `"balance": "650", "peak": "1000"`, map[string]any{"fund/adl": true, "fund/excess_loss": "50", "fund/pnl_ratio": "-0.35"}},
		{"account below zero", "hyperliquid/2025-10", `"account_value": "-0.01"`, map[string]any{"fund/adl": true}},
		{"account at zero", "hyperliquid/2025-10", `"account_value": "0"`, map[string]any{"fund/adl": false}},
		{"empty", "binance/2025-10", `"balance": "0"`, map[string]any{"fund/adl": true}},
		{"not empty", "binance/2025-10", `"balance": "1"`, map[string]any{"fund/adl": false}},
	} {
		t.Run(c.name, func(t *testing.T) { check(t, c.book, "adl", `{"fund": {`+c.fund+`}}`, c.want) })
	}
}

func TestADLRefuses(t *testing.T) {
	for _, c := range []struct{ book, input, want string }{
		{"binance/2025-10", `{}`, "candidates is missing"},
		{"binance/2025-10", `{"liquidated": {"size": 5}}`, "liquidated.side is missing; expected long or short"},
		{"binance/2025-10", `{"liquidated": {"side": "long", "size": 5}, "candidates": [{"account": "a", "rank_value": 1}]}`, "candidates[0].size is missing"},
		{"binance/2025-10", `{"candidates": [{"account": "a", "unrealized_pnl": 1}]}`, "candidates[0].rank_value is missing; expected rank_value, or unrealized_pnl, wallet_balance"},
		{"bitmex/2020-03", `{"candidates": [{"account": "a", "size": 1, "entry_price": 5}]}`, "candidates[0].rank_value is missing"},
		{"binance/2025-10", `{"candidates": [{"account": "a", "rank_value": 1}, {"account": "a", "rank_value": 2}]}`, `candidates[1].account is "a"; expected another name than candidates[0] has`},
		{"binance/2025-10", `{"fund": {}}`, "fund.balance is missing"},
		{"binance/2025-10", `{"fund": {"peak": 5, "balance": 1}}`, "fund.drawdown is missing"},
		{"binance/2025-10", `{"liquidated": {"side": "long", "size": 1, "fill_price": 5}}`, "liquidated.bankruptcy_price is missing"},
		{"binance/2025-10", `{"start": "1.5", "fund": {"balance": 1}}`, "start is 1.5; expected a whole number"},
	} {
		in, err := ParseADL([]byte(c.input))
		if err == nil {
			_, err = ADL(load(t, c.book), in)
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s\ngives %v, expected %q", c.input, err, c.want)
		}
	}
}

// Other allocations than a queue are not computed, and not passed off as one.
func TestADLRefusesOtherAllocations(t *testing.T) {
	book := *load(t, "binance/2025-10")
	book.Policies.ADLAllocation = "pro_rata_pnl"
	in := &ADLInput{Size: Int(1), Liquidated: Liquidated{Given: true, Side: market.Long}, Candidates: []Candidate{{Account: "a", Size: Int(1), RankValue: Int(1)}}}
	if _, err := ADL(&book, in); err == nil || !strings.Contains(err.Error(), "adl_allocation: pro_rata_pnl; expected adl_allocation: queue") {
		t.Errorf("%v, expected a refusal", err)
	}
	in.Size = Number{}
	if r, err := ADL(&book, in); err != nil || len(r.Ranking) != 1 {
		t.Errorf("ranking only: %v, %v", r, err)
	}
}

// What is closed and what is not is the size; nobody is closed for more than he has, and only the last fill is partial.
func TestADLConserves(t *testing.T) {
	for _, book := range rulebooks(t) {
		rapid.Check(t, func(t *rapid.T) {
			in := &ADLInput{Liquidated: Liquidated{Given: true, Side: market.Long, BankruptcyPrice: decimals(t, "price", 1, 999, "0.1")}, MarkPrice: Int(50)}
			in.Liquidated.Size = decimals(t, "size", 1, 999, "0.01")
			for i := range rapid.IntRange(0, 9).Draw(t, "candidates") {
				in.Candidates = append(in.Candidates, Candidate{Account: fmt.Sprint(i), Size: decimals(t, "size", 1, 500, "0.01"), RankValue: decimals(t, "rank", -9, 9, "1")})
			}
			r, err := ADL(book, in)
			if err != nil {
				t.Fatal(err)
			}
			sum := r.Uncovered
			for i, f := range r.Fills {
				sum = sum.Add(f.Size)
				if f.Partial && i != len(r.Fills)-1 {
					t.Fatalf("fill %d of %d is partial", i, len(r.Fills))
				}
			}
			if sum.Cmp(in.Liquidated.Size) != 0 || r.Uncovered.Sign() > 0 && len(r.Fills) < len(in.Candidates) {
				t.Fatalf("%s of %s is accounted for", sum, in.Liquidated.Size)
			}
			for i := 1; i < len(r.Ranking); i++ {
				if r.Ranking[i].Value.Cmp(r.Ranking[i-1].Value) > 0 {
					t.Fatalf("rank %d scores more than the one before", i)
				}
			}
		})
	}
}

// A queue in the shape of positions: the liquidated one has symbol and mark, and maintenance margin comes from the tiers. a: PnL 4*(60000-53000)
// = 28,000 on a wallet of 20,000; 212,000 at 0.4% is 848; 848/48000. b: 8,000 on 5,000; 848/13000.
func TestADLOfPositions(t *testing.T) {
	check(t, "binance/2025-10", "adl", `{"size": "5", "liquidated": {"symbol": "BTCUSDT", "side": "long", "size": "10", "entry_price": "60000", "mark_price": "53000", "margin_mode": "isolated", "leverage": "10"},
		"candidates": [{"account": "a", "symbol": "BTCUSDT", "side": "short", "size": "4", "entry_price": "60000", "mark_price": "53000", "margin_mode": "cross", "wallet_balance": "20000"},
			{"account": "b", "side": "short", "size": "4", "entry_price": "55000", "wallet_balance": "5000"}]}`, map[string]any{
		"bankruptcy_price": "54000", "ranking/0/account": "b", "ranking/0/score": "0.104369230769230769230769", "ranking/1/score": "0.0247333333333333333333333",
		"fills/0/size": "4", "fills/1/size": "1", "fills/1/partial": true, "fills/1/price": "54000",
	})
	for input, want := range map[string]string{
		`{"mark_price": 1, "liquidated": {"side": "long", "size": 1, "mark_price": 2}}`:                                      `liquidated.mark_price is 2; expected 1 as in mark_price of the request`,
		`{"symbol": "A", "liquidated": {"side": "long", "size": 1}, "candidates": [{"symbol": "B", "size": 1, "score": 1}]}`: `candidates[0].symbol is "B"; expected "A" as before it`,
	} {
		if _, err := ParseADL([]byte(input)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s gives %v, expected %q", input, err, want)
		}
	}
}

// The printed formula, mark/entry times notional/account value, whatever the size is counted in; a short's ratio is inverted.
func TestADLPriceGainOfPrices(t *testing.T) {
	check(t, "hyperliquid/2025-10", "adl", `{"candidates": [{"account": "long", "side": "long", "size": 1, "mark_price": 90, "entry_price": 100, "notional": 9000, "account_value": 3000},
		{"account": "short", "side": "short", "size": 1, "mark_price": 90, "entry_price": 100, "notional": 9000, "account_value": 3000}]}`, map[string]any{
		"ranking/0/account": "short", "ranking/0/score": "3.33333333333333333333333", "ranking/0/skipped": "", "ranking/1/score": "2.7", "ranking/1/skipped": "not in profit"})
}

// Ties go to the lower account, by number or by name.
func TestADLTiesByName(t *testing.T) {
	check(t, "bitmex/2025-10", "adl", `{"candidates": [{"account": "b", "score": 1}, {"account": "a", "score": 1}, {"account": "c", "score": 2}]}`,
		map[string]any{"ranking/0/account": "c", "ranking/1/account": "a", "ranking/2/account": "b"})
}
