package risk

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/liquidation-lab/backtest/pkg/market"
)

var rewrite = flag.Bool("rewrite", false, "write what the scripts print into them; review the difference by hand")

// TestScripts runs testdata/script/*.txt: commands, "----", and what they print, worked out by hand in the comments.
//
//	exchange fund=1000 [floor=0] [slip=0.01] [funding_events] [seed=1] [weights=1,2] [collateral=CCC:0.1,DDD:0 with haircuts] [choices of the rulebook: scriptBook]
//	         [participation=0.1/60000/3600 share, interval in ms, depth] [exempt=bob,cat] [facts: events say book, exempt, deficit]
//	tick 1 AAA=100 [BBB=50/51/49 is mark/last/index] [CCC=5|900|800 with depth of bids and asks] [continuous]   a gap unless continuous
//	funding 2 AAA=0.001                                       settles at the current mark
//	account alice 500
//	hold alice CCC 100
//	open alice AAA long 10 @ 100 10x isolated [margin=120] [fee]
//	stop|take_profit alice AAA 95 [mark|last]     trail alice AAA 5 [mark|last]     close alice AAA     reduce|topup alice AAA 1
//	show alice                                                wallet, equity, maintenance margin
//	position alice AAA                                        size, margin, maintenance margin
//	pnl alice CCC                                             size, entry price, unrealized P&L
//	totals                                                    fund, fees, socialized loss
//	funds                                                     of each instrument
//	inventory                                                 what the liquidation engine carries
func TestScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/script/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, name := range files {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txt"), func(t *testing.T) { runScript(t, name) })
	}
}

func runScript(t *testing.T, name string) {
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	s := scriptRun{t: t, names: map[string]AccountID{}}
	blocks := strings.Split(strings.TrimSpace(string(text)), "\n\n")
	for b, block := range blocks {
		commands, want, _ := strings.Cut(block+"\n", "----\n")
		s.out.Reset()
		for _, line := range strings.Split(strings.TrimSpace(commands), "\n") {
			if line != "" && !strings.HasPrefix(line, "#") {
				s.command(line)
			}
		}
		got := s.out.String()
		if !*rewrite && got != strings.TrimLeft(want, "\n") {
			t.Errorf("%s, block %d:\n%s", name, b+1, cmp.Diff(want, got))
		}
		fmt.Fprintf(&out, "%s----\n%s\n", commands, got)
	}
	if *rewrite {
		if err := os.WriteFile(name, []byte(strings.TrimSpace(out.String())+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	s.reconcile()
}

func (s *scriptRun) reconcile() {
	if s.x == nil {
		return
	}
	if l, err := s.x.Reconcile(); err != nil || !l.Imbalance.IsZero() {
		s.t.Errorf("imbalance %v, %v", l.Imbalance, err)
	}
}

type scriptRun struct {
	t     *testing.T
	x     *Exchange
	out   strings.Builder
	names map[string]AccountID
	order []string
	facts bool
}

func (s *scriptRun) command(line string) {
	f := strings.Fields(line)
	switch f[0] {
	case "exchange":
		s.exchange(f[1:])
	case "tick":
		s.tick(f[1:])
	case "funding":
		s.funding(f[1:])
	case "account":
		id, err := s.x.AddAccount(quote(f[2]))
		s.check(err)
		s.names[f[1]], s.order = id, append(s.order, f[1])
	case "hold":
		s.check(s.x.Hold(s.names[f[1]], s.instrument(f[2]), qty(f[3])))
	case "open":
		s.open(f[1:])
	case "reduce":
		s.check(s.x.Reduce(s.names[f[1]], s.instrument(f[2]), qty(f[3])))
	case "topup":
		s.check(s.x.TopUp(s.names[f[1]], s.instrument(f[2]), quote(f[3])))
	case "close":
		s.check(s.x.Close(s.names[f[1]], s.instrument(f[2])))
	case "stop", "take_profit", "trail":
		s.stop(f)
	case "show":
		a := s.x.Account(s.names[f[1]])
		fmt.Fprintf(&s.out, "%s wallet %v equity %v maintenance %v\n", f[1], a.Wallet, a.Equity, a.MaintenanceMargin)
	case "funds":
		for i := range s.x.listings {
			l := &s.x.listings[i]
			fmt.Fprintf(&s.out, "%s fund %v\n", l.Symbol, s.x.funds[l.fund].balance)
		}
	case "pnl":
		p, _ := s.x.Position(s.names[f[1]], s.instrument(f[2]))
		fmt.Fprintf(&s.out, "%s %s %v from %v pnl %v\n", f[1], f[2], p.Size, p.EntryPrice, p.UnrealizedPnL)
	case "position":
		if p, ok := s.x.Position(s.names[f[1]], s.instrument(f[2])); ok {
			fmt.Fprintf(&s.out, "%s %s %v margin %v maintenance %v\n", f[1], f[2], p.Size, p.Margin, p.MaintenanceMargin)
		} else {
			fmt.Fprintf(&s.out, "%s %s none\n", f[1], f[2])
		}
	case "inventory":
		s.inventory()
	case "totals":
		v := s.x.Totals()
		fmt.Fprintf(&s.out, "fund %v fees %v socialized %v\n", v.InsuranceFund, v.FeeIncome, v.SocializedLoss)
	default:
		s.t.Fatalf("unknown command %q", line)
	}
}

func (s *scriptRun) check(err error) {
	var refusal *Refusal
	if errors.As(err, &refusal) {
		fmt.Fprintf(&s.out, "refused: %s\n", refusal.Rule)
	} else if err != nil {
		s.t.Fatal(err)
	}
}

func (s *scriptRun) instrument(symbol string) market.InstrumentID {
	for i := range s.x.listings {
		if s.x.listings[i].Symbol == symbol {
			return market.InstrumentID(i)
		}
	}
	s.t.Fatalf("unknown symbol %s", symbol)
	return 0
}

func (s *scriptRun) exchange(args []string) {
	s.reconcile() // of the exchange before this one
	o := Options{Instruments: instruments("AAA", "BBB"), Events: s.print}
	s.facts = false
	book := newScriptBook()
	impact := noSlippage
	for _, a := range args {
		key, value, _ := strings.Cut(a, "=")
		switch key {
		case "fund":
			o.InsuranceFund = quote(value)
		case "floor":
			o.InsuranceFloor = quote(value)
		case "slip":
			impact.HalfSpread = rate(value)
		case "funding_events":
			o.FundingEvents = true
		case "seed":
			v, err := strconv.ParseUint(value, 10, 64)
			if err != nil {
				s.t.Fatal(err)
			}
			o.Seed = v
		case "participation":
			p := strings.Split(value, "/")
			o.Participation = Participation{Share: rate(p[0]), Interval: s.time(p[1]), Depth: quote(p[2])}
		case "exempt":
			names := strings.Split(value, ",")
			o.Exempt = func(a AccountID) bool { return slices.Contains(names, s.order[a]) }
		case "facts":
			s.facts = true
		case "weights":
			for _, w := range strings.Split(value, ",") {
				o.FundWeights = append(o.FundWeights, quote(w))
			}
		case "collateral":
			for _, c := range strings.Split(value, ",") {
				symbol, haircut, _ := strings.Cut(c, ":")
				o.Collateral = append(o.Collateral, Collateral{Symbol: symbol, Haircut: rate(haircut), Tick: price("0.01"), Lot: qty("0.001")})
			}
		default:
			if !book.set(key, value) {
				s.t.Fatalf("unknown option %q", a)
			}
		}
	}
	o.Rulebook = book.load(s.t)
	s.names, s.order = map[string]AccountID{}, nil
	o.Execution = impact
	s.x = newExchange(s.t, o)
}

func (s *scriptRun) print(e *Event) {
	who := "exchange"
	if e.Account >= 0 {
		who = s.order[e.Account]
	}
	if e.Kind == Entry || e.Kind == Add {
		return
	}
	fmt.Fprintf(&s.out, "%d.%d %v %s %v %v @ %v pnl %v fee %v fund %v", e.Time, e.Round, e.Kind, who, e.Side, e.Size, e.Price,
		e.RealizedPnL, e.Fee, e.FundDelta)
	if s.facts {
		if e.Book {
			s.out.WriteString(" book")
		}
		if e.Exempt {
			s.out.WriteString(" exempt")
		}
		if e.Deficit != 0 {
			fmt.Fprintf(&s.out, " deficit %v", e.Deficit)
		}
	}
	s.out.WriteString("\n")
}

// inventory prints what is carried, and what it would bring at mark beyond what was paid.
func (s *scriptRun) inventory() {
	for i := range s.x.listings {
		long, short := s.x.Inventory(market.InstrumentID(i))
		for _, v := range []Inventory{long, short} {
			if v.Size != 0 {
				fmt.Fprintf(&s.out, "%s %v for %v\n", s.x.listings[i].Symbol, v.Size, v.Cash)
			}
		}
	}
	c := s.x.Carried()
	fmt.Fprintf(&s.out, "carried notional %v cash %v result %v\n", c.Notional, c.Cash, c.Result)
}

func (s *scriptRun) time(text string) market.Time {
	v, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		s.t.Fatal(err)
	}
	return market.Time(v)
}

func (s *scriptRun) tick(args []string) {
	t := Tick{Time: s.time(args[0])}
	gap := true
	for _, a := range args[1:] {
		if a == "continuous" {
			gap = false
			continue
		}
		symbol, prices, _ := strings.Cut(a, "=")
		prices, depth, deep := strings.Cut(prices, "|")
		p := strings.Split(prices, "/")
		u := PriceUpdate{Instrument: s.instrument(symbol), Mark: price(p[0]), Last: price(p[0])}
		if len(p) > 1 {
			u.Last = price(p[1])
		}
		if len(p) > 2 {
			u.Index = price(p[2])
		}
		if deep {
			bid, ask, _ := strings.Cut(depth, "|")
			u.BidDepth, u.AskDepth = quote(bid), quote(ask)
		}
		t.Prices = append(t.Prices, u)
	}
	for i := range t.Prices {
		t.Prices[i].Gap = gap
	}
	s.check(s.x.Tick(&t))
}

func (s *scriptRun) funding(args []string) {
	t := Tick{Time: s.time(args[0])}
	for _, a := range args[1:] {
		symbol, value, _ := strings.Cut(a, "=")
		t.Funding = append(t.Funding, FundingUpdate{s.instrument(symbol), rate(value)})
	}
	s.check(s.x.Tick(&t))
}

func (s *scriptRun) open(f []string) {
	o := Order{Account: s.names[f[0]], Instrument: s.instrument(f[1]), Size: qty(f[3]), Price: price(f[5]), Leverage: rate(strings.TrimSuffix(f[6], "x"))}
	if f[2] == "short" {
		o.Size = -o.Size
	}
	if f[7] == "cross" {
		o.Mode = Cross
	}
	for _, a := range f[8:] {
		if m, ok := strings.CutPrefix(a, "margin="); ok {
			o.Margin = quote(m)
		}
		o.Fee = o.Fee || a == "fee"
	}
	s.check(s.x.Open(o))
}

func (s *scriptRun) stop(f []string) {
	o := StopOrder{Account: s.names[f[1]], Instrument: s.instrument(f[2]), Kind: Stop}
	if f[0] == "take_profit" {
		o.Kind = TakeProfit
	}
	if f[0] == "trail" {
		o.Trail = price(f[3])
	} else {
		o.Trigger = price(f[3])
	}
	if len(f) > 4 && f[4] == "last" {
		o.Watch = WatchLast
	}
	s.check(s.x.PlaceStop(o))
}
