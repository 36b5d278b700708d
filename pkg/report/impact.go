package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/liquidation-lab/backtest/internal/scenario"
	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/replay"
)

// Impact is what forced orders did to prices, in the modes feedback and counterfactual. Before is the run at the data's own prices,
// under counterfactual that of the unaltered scenario; Run is this one.
type Impact struct {
	Altered         []string           `json:"altered,omitempty"` // key=value
	ForcedNotional  string             `json:"forced_notional"`   // at mark, of whom prices.feedback.flow counts
	InducedNotional string             `json:"induced_notional"`  // of it, by moves of the displacement alone
	Reproduction    Number             `json:"reproduction"`      // induced / forced
	Instruments     []ImpactInstrument `json:"instruments"`
	ByMinute        []ImpactMinute     `json:"by_minute"` // minutes without forced orders are left out
	Moves           int64              `json:"moves"`     // of displacements, as ticks of their own
	MovesMax        int                `json:"moves_max"` // at one moment
	LimitHits       int64              `json:"limit_hits"`
	CapHits         int64              `json:"cap_hits"`
	Coupled         bool               `json:"coupled,omitempty"` // one of several venues: own_impact and induced contain what came from the others
	Before          Verdict            `json:"before"`
	Run             Verdict            `json:"run"`
	Apart           *Apart             `json:"liquidated_apart,omitempty"` // where both runs have the same accounts
}

// ImpactInstrument attributes the move from open to low: exogenous + own_impact = move.
type ImpactInstrument struct {
	Symbol    string `json:"symbol"`
	Open      string `json:"open"`
	Low       string `json:"low"`      // of the displaced last price
	LowTime   string `json:"low_time"` // of the tick
	BaseLow   string `json:"base_low"` // of the data's path
	BaseAtLow string `json:"base_at_low"`
	Move      Number `json:"move"`       // low / open - 1
	Exogenous Number `json:"exogenous"`  // base_at_low / open - 1
	OwnImpact Number `json:"own_impact"` // (low - base_at_low) / open
	AtLow     string `json:"displacement_at_low"`
	Lowest    string `json:"displacement_lowest"`
	Highest   string `json:"displacement_highest"`
	OwnShare  Number `json:"own_impact_share"` // own_impact / move
}

// ImpactMinute is a minute's forced notional and the part of it that moves of the displacement brought.
type ImpactMinute struct {
	Time            string `json:"time"`
	ForcedNotional  string `json:"forced_notional"`
	InducedNotional string `json:"induced_notional"`
	Reproduction    Number `json:"reproduction"`
}

// Verdict is what a run did, in the figures that two runs are compared by.
type Verdict struct {
	Accounts       int    `json:"accounts"` // liquidated
	Notional       string `json:"notional"`
	LongNotional   string `json:"long_notional"`
	ADLNotional    string `json:"adl_notional"`
	SocializedLoss string `json:"socialized_loss"`
	FundClosing    string `json:"fund_closing"`
	FundLow        string `json:"fund_low"`
	FundOutflow    string `json:"fund_outflow"`
}

// Apart counts the accounts that were liquidated in one of two runs alone.
type Apart struct {
	Before int `json:"before"`
	Run    int `json:"run"`
}

func impact(in *replay.Impact, s *scenario.Scenario) *Impact {
	if in == nil {
		return nil
	}
	out := &Impact{ForcedNotional: in.Forced.String(), InducedNotional: in.Induced.String(), Reproduction: ratio(in.Induced, in.Forced),
		Instruments: []ImpactInstrument{}, ByMinute: []ImpactMinute{}, Moves: in.Moves, MovesMax: in.MovesMax, LimitHits: in.LimitHits, CapHits: in.CapHits,
		Before: verdict(&in.Before), Run: verdict(&in.Run)}
	if a := in.Apart; a != nil {
		out.Apart = &Apart{a.Before, a.Run}
	}
	if s.Counterfactual != nil {
		out.Altered = s.Counterfactual.Set
	}
	for _, m := range in.Instruments {
		if m.Open <= 0 {
			continue
		}
		open := market.Float(m.Open)
		i := ImpactInstrument{Symbol: m.Symbol, Open: m.Open.String(), Low: m.Low.String(), LowTime: m.LowTime.String(), BaseLow: m.BaseLow.String(),
			BaseAtLow: m.BaseAtLow.String(), Move: Number(market.Float(m.Low)/open - 1), Exogenous: Number(market.Float(m.BaseAtLow)/open - 1),
			OwnImpact: Number(market.Float(m.Low-m.BaseAtLow) / open), AtLow: m.AtLow.String(), Lowest: m.Lowest.String(), Highest: m.Highest.String(),
			OwnShare: undefined}
		if m.Low != m.Open {
			i.OwnShare = Number(market.Float(m.Low-m.BaseAtLow) / market.Float(m.Low-m.Open))
		}
		out.Instruments = append(out.Instruments, i)
	}
	for _, m := range in.Minutes {
		out.ByMinute = append(out.ByMinute, ImpactMinute{m.Time.String(), m.Forced.String(), m.Induced.String(), ratio(m.Induced, m.Forced)})
	}
	return out
}

func ratio(part, whole market.Sum) Number {
	if whole.IsZero() {
		return undefined
	}
	return Number(part.Float() / whole.Float())
}

func verdict(v *replay.Verdict) Verdict {
	return Verdict{Accounts: v.Accounts, Notional: v.Liquidated.String(), LongNotional: v.Long.String(), ADLNotional: v.ADL.String(),
		SocializedLoss: v.SocializedLoss.String(), FundClosing: v.FundClosing.String(), FundLow: v.FundLow.String(), FundOutflow: v.FundOutflow.String()}
}

// Lines compares both runs, a line a figure: what, before, this run.
func (i *Impact) Lines() [][3]string {
	b, r := i.Before, i.Run
	list := [][3]string{{"liquidated accounts", count(b.Accounts), count(r.Accounts)}}
	if a := i.Apart; a != nil {
		list = append(list, [3]string{"  in that run alone", count(a.Before), count(a.Run)})
	}
	return append(list, [][3]string{{"liquidated notional", amount(b.Notional), amount(r.Notional)},
		{"  of it longs", amount(b.LongNotional), amount(r.LongNotional)}, {"insurance fund, closing", amount(b.FundClosing), amount(r.FundClosing)},
		{"insurance fund, paid out", amount(b.FundOutflow), amount(r.FundOutflow)}, {"auto-deleveraged", amount(b.ADLNotional), amount(r.ADLNotional)},
		{"socialized loss", amount(b.SocializedLoss), amount(r.SocializedLoss)}}...)
}

// BeforeName names the run that this one is compared with.
func (i *Impact) BeforeName(mode string) string {
	if mode == scenario.ModeCounterfactual {
		return "as it was"
	}
	return "at the data's prices"
}

// Sentence words how much of the cascade is its own.
func (i *Impact) Sentence(mode string) string {
	s := fmt.Sprintf("Of %s forced notional, %s was forced by moves of the displacement alone: reproduction number %s", shortOf(i.ForcedNotional),
		shortOf(i.InducedNotional), plain(i.Reproduction))
	if r := float64(i.Reproduction); i.Reproduction.Exists() && r < 1 {
		s += fmt.Sprintf(", so that a unit forced from outside brought %s in all", plain(Number(1/(1-r))))
	}
	s += "."
	if mode == scenario.ModeFeedback {
		s += fmt.Sprintf(" At the data's prices alone, which contain the cascade that was, %s was liquidated; the rest is on top of it, and counted twice as far as the data already had it.",
			shortOf(i.Before.Notional))
	}
	if i.LimitHits > 0 {
		s += fmt.Sprintf(" At %s moments prices.feedback.rounds ended the moves; what was left went on at the next tick.", count(i.LimitHits))
	}
	if i.Coupled {
		s += " What arbitrage and the index brought from the other venues counts as own impact and as induced."
	}
	if i.CapHits > 0 {
		s += fmt.Sprintf(" At %s moments the impact asked for more than prices.feedback.cap.", count(i.CapHits))
	}
	return s
}

// Peak returns the minutes with the most forced notional, at most n, by time.
func (i *Impact) Peak(n int) []ImpactMinute {
	list := slices.Clone(i.ByMinute)
	slices.SortStableFunc(list, func(a, b ImpactMinute) int { return cmp.Compare(parse(b.ForcedNotional), parse(a.ForcedNotional)) })
	list = list[:min(n, len(list))]
	slices.SortFunc(list, func(a, b ImpactMinute) int { return cmp.Compare(a.Time, b.Time) })
	return list
}

// Displaced returns the instruments whose prices forced orders moved.
func (i *Impact) Displaced() (list []ImpactInstrument) {
	for _, m := range i.Instruments {
		if m.Lowest != "0" || m.Highest != "0" {
			list = append(list, m)
		}
	}
	return list
}

func (p *printer) impact(s *Summary) {
	i := s.Impact
	if i == nil {
		return
	}
	if s.Scenario.PriceMode == scenario.ModeCounterfactual {
		altered := "nothing altered"
		if len(i.Altered) > 0 {
			altered = strings.Join(i.Altered, ", ")
		}
		p.section("What if: " + altered)
	} else {
		p.section("Feedback: prices moved by the run's own forced orders")
	}
	var rows []table.Row
	for _, l := range i.Lines() {
		rows = append(rows, table.Row{l[0], l[1], l[2]})
	}
	p.table(table.Row{"", i.BeforeName(s.Scenario.PriceMode), "this run"}, rows)
	p.wrapped("", "", i.Sentence(s.Scenario.PriceMode))
	rows = nil
	for _, m := range i.Displaced() {
		rows = append(rows, table.Row{m.Symbol, price(m.BaseLow), price(m.Low), clock(m.LowTime), signed(m.Move), signed(m.Exogenous), signed(m.OwnImpact)})
	}
	if len(rows) == 0 {
		p.line("No price was moved.")
		return
	}
	p.table(table.Row{"instrument", "low of the data", "low here", "at", "open to low", "exogenous", "own impact"}, rows)
	rows = nil
	for _, m := range i.Peak(8) {
		rows = append(rows, table.Row{clock(m.Time), shortOf(m.ForcedNotional), shortOf(m.InducedNotional), plain(m.Reproduction)})
	}
	p.table(table.Row{"minute", "forced", "induced", "reproduction"}, rows)
}
