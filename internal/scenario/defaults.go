package scenario

import "github.com/liquidation-lab/backtest/pkg/market"

// setDefaults fills a part of a scenario with what holds when its keys are absent.
func setDefaults(part any) {
	switch p := part.(type) {
	case *Scenario:
		p.Venue = "binance"
		p.Prices = Prices{Mode: "history", Intrabar: "nearest_first", Mark: "auto", Step: 10_0000}
		p.Execution = Execution{HalfSpread: 1_0000, Impact: 50_0000, Exponent: 0.5, Cap: 5_000_000, Depth: 1_000_000 * market.Scale}
		p.Comparisons.Auto = true
		p.Statistics = Statistics{Level: 0.95, Resamples: 2000}
	case *Feedback:
		*p = Feedback{Impact: ImpactSquareRoot, Coefficient: 1_000_000, HalfLife: Duration(5 * market.Minute), Rounds: 20, Cap: 50_000_000, Flow: FlowCrowd}
	case *DepthModel:
		*p = DepthModel{HalvesAt: 3_000_000, Memory: Duration(market.Minute), Recovery: Duration(45 * market.Minute), Floor: 0.02}
	case *Contagion:
		*p = Contagion{Arbitrage: HalfLife(30 * market.Second), OwnMark: market.Scale / 2}
	case *Outage:
		*p = Outage{Kind: OutageDelayed, Share: 1}
	case *Collateral:
		*p = Collateral{Depeg: true}
	case *Asset:
		*p = Asset{Parity: market.Scale, Tick: 1_0000, Lot: 1_0000}
	case *AssetPoint:
		p.Share = market.Scale
	case *Crowd:
		*p = Crowd{OpenInterestShare: 1, LongShare: 0.5, CrossPositions: 1,
			Notional: Notional{Tail: 1.5, Max: 50_000_000 * market.Scale},
			Entry:    CrowdEntry{LookBack: Duration(2 * market.Day), Hours: Duration(6 * market.Hour)}}
	case *CrowdHedged:
		*p = CrowdHedged{ShortShare: 1, Leverage: 2 * market.Scale}
	case *Rule:
		*p = Rule{Margin: "isolated", Stop: Part{Kind: "none"}, TakeProfit: Part{Kind: "none"}}
	case *Experiment:
		p.Interactions = 2
		setDefaults(&p.Base)
	case *Factor:
		*p = Factor{Margin: "isolated", TakeProfit: Part{Kind: "none"}}
	default:
		setPathDefaults(part)
	}
}
