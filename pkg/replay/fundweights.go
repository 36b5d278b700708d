package replay

import (
	"fmt"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// fundWeights returns what an insurance fund's opening balance is split by, for rulebooks that have several: each
// instrument's open interest at the window's start, in whole units of quote, at least 1. Where the data has no open interest
// it is estimated from turnover, as for the crowd; where that is not known of an instrument either, the funds get equal
// parts: nil.
func (p *plan) fundWeights() []market.Quote {
	scope := p.o.Rulebook.Policies.FundScope
	if scope == "venue" {
		return nil
	}
	weights := make([]market.Quote, len(p.sources))
	var estimated, unknown []string
	for i := range p.sources {
		interest := market.Float(p.interest[i])
		if interest <= 0 {
			if interest = p.estimatedInterest(i); interest <= 0 {
				unknown = append(unknown, p.sources[i].symbol)
				continue
			}
			estimated = append(estimated, p.sources[i].symbol)
		}
		weights[i] = max(1, market.Quote(min(float64(interest*market.Float(p.sources[i].opening)), 1e15)))
	}
	if len(unknown) > 0 {
		p.noteList(fmt.Sprintf("one insurance fund for each %s: insurance_fund.opening is split into equal parts, for want of open interest", scope), unknown)
		return nil
	}
	p.note("one insurance fund for each %s: insurance_fund.opening is split by open interest at the start", scope)
	p.noteList(fmt.Sprintf("their part of insurance_fund.opening is by an open interest of %v of a day's turnover (no series in the data)", interestPerDailyTurnover), estimated)
	return weights
}

// estimatedInterest stands in for the open interest of an instrument whose data has none, in base; 0 without turnover.
func (p *plan) estimatedInterest(i int) float64 {
	e := p.entryPrices(i)
	return float64(interestPerDailyTurnover*e.perDay()) / market.Float(p.sources[i].opening)
}

// entryPrices are the bars in which positions from before the window were opened.
func (p *plan) entryPrices(i int) *entryPrices {
	e := &entryPrices{}
	for _, b := range p.history[i].bars {
		e.add(b.interval, b.low, b.high, b.volume*market.Float(b.close))
	}
	return e
}
