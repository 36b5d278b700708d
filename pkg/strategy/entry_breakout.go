package strategy

import "github.com/liquidation-lab/backtest/pkg/market"

var breakoutDoc = Doc{
	Summary: "enter when a close leaves the range of the bars before it: long above, short below",
	Formula: "long where close > max(high of the `period` bars before), short where close < min(low); once until a close is inside again",
	Source:  "R. Donchian's four-week rule; C. Faith, Way of the Turtle (2007)",
	Params:  signalParams(Param{Name: "period", Unit: "bars", Default: "240", Help: "bars of the range"}),
}

func newBreakout(p Params) (Entry, error) {
	period, err := p.Count("period", 1, maxPeriod)
	if err != nil {
		return nil, err
	}
	s, err := readSignals("breakout", p)
	s.make = func() detector { return &breakout{highs: sliding{period: period}, lows: sliding{period: period}} }
	return s, err
}

type breakout struct {
	highs, lows sliding
	outside     market.Side
}

func (d *breakout) add(b Bar) market.Side {
	side := market.Side(0)
	if d.highs.seen >= d.highs.period {
		switch {
		case b.Close > d.highs.max():
			side = market.Long
		case b.Close < -d.lows.max():
			side = market.Short
		}
	}
	d.highs.add(b.High)
	d.lows.add(-b.Low)
	if side == d.outside {
		return 0
	}
	d.outside = side
	return side
}

// sliding is the highest of the newest period values: a queue of those that no later one reaches.
type sliding struct {
	period, seen int
	at           []int
	value        []market.Price
}

func (s *sliding) add(v market.Price) {
	for len(s.value) > 0 && s.value[len(s.value)-1] <= v {
		s.at, s.value = s.at[:len(s.at)-1], s.value[:len(s.value)-1]
	}
	s.at, s.value = append(s.at, s.seen), append(s.value, v)
	s.seen++
	if s.at[0] <= s.seen-1-s.period {
		s.at, s.value = s.at[1:], s.value[1:]
	}
}

func (s *sliding) max() market.Price { return s.value[0] }
