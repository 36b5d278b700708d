package report

import (
	"encoding/json"
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/liquidation-lab/backtest/internal/scenario"
	"github.com/liquidation-lab/backtest/pkg/market"
	"github.com/liquidation-lab/backtest/pkg/replay"
)

// Coupling is what several venues under one clock did to each other (docs/MODEL.md section 16). It is part of comparison.json of
// a run of coupled venues.
type Coupling struct {
	PriceMode         string           `json:"price_mode"`
	Arbitrage         string           `json:"arbitrage"` // half-life of a difference; 0s; none
	OwnMark           string           `json:"own_mark"`
	OpenInterestShare string           `json:"open_interest_share"` // of the data's, all venues together
	DepthShare        string           `json:"depth_share"`
	Liquidated        string           `json:"liquidated"` // notional on all venues, the crowds' and that of the rules under test
	Venues            []VenueCoupling  `json:"venues"`
	Coins             []CoinCoupling   `json:"coins"`
	Displacement      []VenuesDisplace `json:"displacement"` // of the coin of which most was liquidated
	Expectations      []Expectation    `json:"expectations"`
}

// VenueCoupling is one venue: what was liquidated at the data's prices, alone with its own feedback, and coupled with the others.
type VenueCoupling struct {
	Name            string           `json:"name"`
	Rulebook        string           `json:"rulebook"`
	Share           string           `json:"share"` // of the data's open interest
	DepthShare      string           `json:"depth_share"`
	CutOff          []CutOff         `json:"cut_off"`
	LiquidatedShare Number           `json:"liquidated_share"` // of the notional on all venues
	LongShare       Number           `json:"long_share"`
	AtData          Verdict          `json:"at_data_prices"`
	Alone           Verdict          `json:"alone"`
	Coupled         Verdict          `json:"coupled"`
	Apart           *CoupledApart    `json:"liquidated_apart,omitempty"`
	Reproduction    Number           `json:"reproduction"` // of what was forced, the share that moves of displacements brought, the others' included
	LimitHits       int64            `json:"limit_hits"`
	ByInstrument    []InstrumentFlow `json:"by_instrument"` // shares are of the venue's notional
}

// CoupledApart counts the accounts that were liquidated in one of two runs alone: that of the venue alone, and the coupled one.
type CoupledApart struct {
	Alone   int `json:"alone"`
	Coupled int `json:"coupled"`
}

// CutOff is a time in which a venue took no part in arbitrage and in the index of the others.
type CutOff struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// CoinCoupling is one coin on all venues.
type CoinCoupling struct {
	Symbol       string `json:"symbol"`
	Liquidated   string `json:"liquidated"` // notional on all venues
	LongShare    Number `json:"long_share"`
	Distance     string `json:"distance"` // largest between two venues' last prices by their displacements, over the data's price
	DistanceTime string `json:"distance_time,omitempty"`
	High         string `json:"high,omitempty"` // the venue that stood higher then
	Low          string `json:"low,omitempty"`
	Moved        Number `json:"moved"` // pressure that arbitrage moved between venues, in quote
}

// VenuesDisplace is how far the venues' last prices stood from the data's in a stretch of time, of each the furthest either way.
type VenuesDisplace struct {
	Time         string   `json:"time"`
	Displacement []string `json:"displacement"` // by venue
}

// NewCoupling puts together what coupled venues did. sums are the summaries of the venues' runs, in the order of the result.
func NewCoupling(s *scenario.Scenario, venues []scenario.VenueScenario, res *replay.CoupledResult, sums []*Summary) (*Coupling, error) {
	if len(venues) != len(res.Venues) || len(sums) != len(venues) {
		return nil, fmt.Errorf("coupling: defect: %d venues, %d results, %d summaries", len(venues), len(res.Venues), len(sums))
	}
	c := &Coupling{PriceMode: s.Prices.Mode, Arbitrage: s.Contagion.Arbitrage.String(), OwnMark: market.Format(s.Contagion.OwnMark),
		Venues: []VenueCoupling{}, Coins: []CoinCoupling{}, Displacement: []VenuesDisplace{}}
	var all market.Sum
	var interest, depth market.Rate
	for i := range venues {
		v, r := &venues[i], &res.Venues[i]
		all.AddSum(r.Coupled.Liquidated)
		interest, depth = interest+v.Share, depth+v.DepthShare
		row := VenueCoupling{Name: v.Name, Rulebook: sums[i].Rulebook.ID, Share: market.Format(v.Share), DepthShare: market.Format(v.DepthShare), CutOff: []CutOff{},
			LongShare: ratio(r.Coupled.Long, r.Coupled.Liquidated), AtData: verdict(&r.AtData), Alone: verdict(&r.Alone), Coupled: verdict(&r.Coupled),
			Reproduction: undefined, ByInstrument: sums[i].Liquidations.ByInstrument}
		if a := r.Apart; a != nil {
			row.Apart = &CoupledApart{a.Before, a.Run}
		}
		for _, span := range v.CutOff {
			row.CutOff = append(row.CutOff, CutOff{span.From.String(), span.To.String()})
		}
		if m := r.Result.Impact; m != nil {
			row.Reproduction, row.LimitHits = ratio(m.Induced, m.Forced), m.LimitHits
		}
		c.Venues = append(c.Venues, row)
	}
	for i := range c.Venues {
		c.Venues[i].LiquidatedShare = ratio(res.Venues[i].Coupled.Liquidated, all)
	}
	c.Liquidated, c.OpenInterestShare, c.DepthShare = all.String(), market.Format(interest), market.Format(depth)
	if err := c.coins(res); err != nil {
		return nil, err
	}
	return c, c.expect(s.Expectations)
}

// coins adds up each coin over the venues, and takes the trace of the largest.
func (c *Coupling) coins(res *replay.CoupledResult) error {
	var largest decimal.Decimal
	for k, listed := range res.Venues[0].Result.Instruments {
		symbol := listed.Symbol
		row := CoinCoupling{Symbol: symbol, Distance: "0", LongShare: undefined, Moved: undefined}
		var total, long decimal.Decimal
		for i := range c.Venues {
			for _, f := range c.Venues[i].ByInstrument {
				if f.Symbol != symbol {
					continue
				}
				both, err := decimal.NewFromString(f.Notional)
				if err != nil {
					return fmt.Errorf("coupling: %s on %s: %w", symbol, c.Venues[i].Name, err)
				}
				one, err := decimal.NewFromString(f.LongNotional)
				if err != nil {
					return fmt.Errorf("coupling: %s on %s: %w", symbol, c.Venues[i].Name, err)
				}
				total, long = total.Add(both), long.Add(one)
			}
		}
		if row.Liquidated = total.String(); total.IsPositive() {
			row.LongShare = Number(long.InexactFloat64() / total.InexactFloat64())
		}
		if k < len(res.Instruments) {
			in := &res.Instruments[k]
			row.Moved = Number(in.Moved)
			if d := in.Distance; d.Largest > 0 {
				row.Distance, row.DistanceTime, row.High, row.Low = d.Largest.String(), d.Time.String(), d.High, d.Low
			}
			if total.GreaterThan(largest) {
				largest = total
				c.trace(in)
			}
		}
		c.Coins = append(c.Coins, row)
	}
	return nil
}

func (c *Coupling) trace(in *replay.CoupledInstrument) {
	c.Displacement = []VenuesDisplace{}
	for _, row := range in.Trace {
		out := VenuesDisplace{Time: row.Time.String()}
		for _, d := range row.Displacement {
			out.Displacement = append(out.Displacement, d.String())
		}
		c.Displacement = append(c.Displacement, out)
	}
}

// Largest is the coin of which most was liquidated on all venues together; empty where nothing was.
func (c *Coupling) Largest() string {
	name, most := "", 0.0
	for _, coin := range c.Coins {
		if n := parse(coin.Liquidated); n > most {
			name, most = coin.Symbol, n
		}
	}
	return name
}

// expect compares figures of the coupling with published ones; their paths begin with coupling.
func (c *Coupling) expect(expectations []scenario.Expectation) error {
	text, err := json.Marshal(map[string]*Coupling{"coupling": c})
	if err != nil {
		return fmt.Errorf("coupling: %w", err)
	}
	c.Expectations, err = expectIn(text, expectations)
	return err
}

// couple adds what the runs, venues under one clock, did to each other; nothing where they are no such runs.
func (c *RunComparison) couple(k *Coupling) {
	if k == nil {
		return
	}
	c.Coupling = k
	notes := []string{fmt.Sprintf("the venues stood under one clock: together they are taken to have %s the data's open interest, of which their crowds are as much as the scenario says, and %s its depth; who trades elsewhere forces nothing here", factor(k.OpenInterestShare), factor(k.DepthShare))}
	if k.PriceMode == scenario.ModeFeedback {
		notes = append(notes, "what is liquidated at the data's prices contains the contagion that was; coupled less alone is what the model's arbitrage and index add to each venue's own feedback",
			"speed of arbitrage and composition of marks are parameters, not findings: run with --set contagion.arbitrage=none, 0s and between")
	}
	c.Notes = append(notes, c.Notes...)
}

// factor prints a share that may exceed one.
func factor(share string) string { return plain(Number(parse(share))) + " times" }
