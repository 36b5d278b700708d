package report

import (
	"cmp"
	"slices"

	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/replay"
	"github.com/liquidation-lab/backtest/pkg/report/stats"
	"github.com/liquidation-lab/backtest/pkg/risk"
)

// ADLSummary is what auto-deleveraging needed and took (docs/MODEL.md section 17).
type ADLSummary struct {
	Events   int64  `json:"events"`
	Accounts int    `json:"accounts"`
	Notional string `json:"notional"`
	Haircut  string `json:"haircut"` // taken: how far prices were worse for the deleveraged side than the mark, times size
	// OfTakeovers is the notional over that of the positions taken over, each at its own price: what the fund did not dispose of by selling.
	OfTakeovers Number        `json:"share_of_takeovers"`
	Notionals   Concentration `json:"notional_by_account"`

	Needed     string `json:"needed"`     // what went to ADL or was socialized lacked at mark
	Socialized string `json:"socialized"` // of it, what nobody took
	// NeededInBook is what it would have cost to sell into the book instead: what ADL spared, and somebody would have had to bear.
	NeededInBook string `json:"needed_in_book"`
	Overshoot    string `json:"overshoot"` // haircut less what was needed and not socialized; below 0 somebody else bore it
	Gained       string `json:"gained"`    // by counterparties whose price was better than the mark
	Forgone      string `json:"forgone"`   // by the deleveraged until the window's last mark; below 0 ADL spared them a loss

	Positions    int           `json:"positions"`
	OfProfit     FigureSpread  `json:"fraction_of_profit"`   // haircut over unrealized profit before the first fill; positions with a profit
	OfPosition   FigureSpread  `json:"fraction_of_position"` // closed over size before the first fill
	OpenLeverage FigureSpread  `json:"leverage"`             // with which the positions were opened
	Haircuts     Concentration `json:"haircut_by_account"`
	Largest      *ADLPosition  `json:"largest"` // fraction of profit, then of position, then notional
	ByGroup      []ADLGroup    `json:"by_group"`
	Waves        ADLWaves      `json:"waves"`
}

// FigureSpread describes figures by their quantiles (type 7 of Hyndman and Fan), the largest and the mean.
type FigureSpread struct {
	Count int `json:"count"`
	Quantiles
	Max  Number `json:"max"`
	Mean Number `json:"mean"`
}

// ADLPosition is one deleveraged position. A fraction of profit is null where there was none.
type ADLPosition struct {
	Account    int64  `json:"account"`
	Group      string `json:"group"`
	Symbol     string `json:"symbol"`
	Side       string `json:"side"`
	OfProfit   Number `json:"fraction_of_profit"`
	OfPosition Number `json:"fraction_of_position"`
	Notional   string `json:"notional"`
	Profit     string `json:"profit"` // before the first fill
	Haircut    string `json:"haircut"`
	Forgone    string `json:"forgone"`
}

// ADLGroup is what was taken of one group of accounts.
type ADLGroup struct {
	Group     string `json:"group"`
	Positions int    `json:"positions"`
	Notional  string `json:"notional"`
	Haircut   string `json:"haircut"`
	Forgone   string `json:"forgone"`
}

// ADLWaves are runs of ADL fills less than Gap apart.
type ADLWaves struct {
	Count   int       `json:"count"`
	Gap     Number    `json:"gap_seconds"`
	Largest []ADLWave `json:"largest"` // by what was needed, at most ten
}

// ADLWave is one of them.
type ADLWave struct {
	From      string `json:"from"`
	To        string `json:"to"`
	Fills     int    `json:"fills"`
	Positions int    `json:"positions"`
	Notional  string `json:"notional"`
	Needed    string `json:"needed"`
	Haircut   string `json:"haircut"`
}

// largestWaves is how many waves are told.
const largestWaves = 10

// adlSummary puts what events told and what the replay collected together; names are the groups in their order.
func adlSummary(t *tally, d *replay.Deleveraging, names []string) ADLSummary {
	if d == nil {
		d = &replay.Deleveraging{}
	}
	needed, overshoot := d.Needed, d.Haircut
	needed.AddSum(d.Socialized)
	overshoot.SubSum(d.Needed)
	s := ADLSummary{Events: t.adlEvents, Accounts: t.deleveraged.count(), Notional: t.adlNotional.String(), Haircut: d.Haircut.String(),
		OfTakeovers: ratio(t.adlNotional, t.takeovers), Notionals: concentrationOf(valuesOf(t.adlNotionals)),
		Needed: needed.String(), Socialized: d.Socialized.String(), NeededInBook: d.InBook.String(), Overshoot: overshoot.String(), Gained: d.Gained.String(),
		Positions: len(d.Positions), Waves: adlWaves(d.Waves)}
	var forgone market.Sum
	var ofProfit, ofPosition, leverage []float64
	haircuts := map[risk.AccountID]float64{}
	largest := -1
	for i := range d.Positions {
		p := &d.Positions[i]
		forgone.Add(p.Forgone)
		haircuts[p.Account] += market.Float(p.Haircut)
		leverage, ofPosition = append(leverage, market.Float(p.Leverage)), append(ofPosition, float64(fractionOfPosition(p)))
		if f := fractionOfProfit(p); f.Exists() {
			ofProfit = append(ofProfit, float64(f))
		}
		if largest < 0 || moreTaken(p, &d.Positions[largest]) {
			largest = i
		}
	}
	s.Forgone, s.Haircuts = forgone.String(), concentrationOf(valuesOf(haircuts))
	s.OfProfit, s.OfPosition, s.OpenLeverage = spreadOf(ofProfit), spreadOf(ofPosition), spreadOf(leverage)
	s.ByGroup = adlGroups(d.Positions, names)
	if largest >= 0 {
		s.Largest = t.adlPosition(&d.Positions[largest])
	}
	return s
}

// fractionOfProfit is what a position gave up of the profit that it had before its first fill; none without a profit.
func fractionOfProfit(p *replay.Deleveraged) Number {
	if p.Endowment <= 0 {
		return undefined
	}
	return Number(market.Float(p.Haircut) / market.Float(p.Endowment))
}

func fractionOfPosition(p *replay.Deleveraged) Number {
	return Number(market.Float(p.Closed) / market.Float(p.Size))
}

// moreTaken reports whether more was taken of a than of b: of its profit, then of the position, then by notional. Positions
// without a profit come after all that had one.
func moreTaken(a, b *replay.Deleveraged) bool {
	profit := func(p *replay.Deleveraged) float64 {
		if f := fractionOfProfit(p); f.Exists() {
			return float64(f)
		}
		return -1
	}
	return cmp.Or(cmp.Compare(profit(a), profit(b)), cmp.Compare(fractionOfPosition(a), fractionOfPosition(b)), a.Notional.Cmp(b.Notional)) > 0
}

func (t *tally) adlPosition(p *replay.Deleveraged) *ADLPosition {
	return &ADLPosition{Account: int64(p.Account), Group: p.Group, Symbol: t.instruments[p.Instrument].Symbol, Side: p.Side.String(), OfProfit: fractionOfProfit(p),
		OfPosition: fractionOfPosition(p), Notional: p.Notional.String(), Profit: p.Endowment.String(), Haircut: p.Haircut.String(), Forgone: p.Forgone.String()}
}

// spreadOf describes figures in any order.
func spreadOf(figures []float64) FigureSpread {
	slices.Sort(figures)
	at := func(p float64) Number { return Number(stats.Quantile(figures, p)) }
	d := FigureSpread{Count: len(figures), Quantiles: Quantiles{P05: at(0.05), P25: at(0.25), Median: at(0.5), P75: at(0.75), P95: at(0.95)}, Max: at(1), Mean: undefined}
	if len(figures) > 0 {
		sum := 0.0
		for _, x := range figures {
			sum += x
		}
		d.Mean = Number(sum / float64(len(figures)))
	}
	return d
}

// adlGroups sums what was taken by group, in the order of names; groups of which nothing was are left out.
func adlGroups(positions []replay.Deleveraged, names []string) []ADLGroup {
	type sums struct {
		positions                  int
		notional, haircut, forgone market.Sum
	}
	of := map[string]*sums{}
	for i := range positions {
		p := &positions[i]
		g := of[p.Group]
		if g == nil {
			g = &sums{}
			of[p.Group] = g
		}
		g.positions++
		g.notional.AddSum(p.Notional)
		g.haircut.Add(p.Haircut)
		g.forgone.Add(p.Forgone)
	}
	list := []ADLGroup{}
	for _, name := range names {
		if g := of[name]; g != nil {
			list = append(list, ADLGroup{name, g.positions, g.notional.String(), g.haircut.String(), g.forgone.String()})
		}
	}
	return list
}

// adlWaves tells the waves of which most was needed, the earlier first among equals.
func adlWaves(waves []replay.ADLWave) ADLWaves {
	sorted := slices.Clone(waves)
	slices.SortStableFunc(sorted, func(a, b replay.ADLWave) int { return b.Needed.Cmp(a.Needed) })
	w := ADLWaves{Count: len(waves), Gap: Number(float64(replay.WaveGap) / float64(market.Second)), Largest: []ADLWave{}}
	for _, v := range sorted[:min(len(sorted), largestWaves)] {
		w.Largest = append(w.Largest, ADLWave{From: v.From.String(), To: v.To.String(), Fills: v.Fills, Positions: v.Positions,
			Notional: v.Notional.String(), Needed: v.Needed.String(), Haircut: v.Haircut.String()})
	}
	return w
}
