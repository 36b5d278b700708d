package strategy

import "github.com/liquidation-lab/backtest/pkg/market"

var maCrossDoc = Doc{
	Summary: "enter when a fast moving average of closes crosses a slow one: long upward, short downward",
	Formula: "SMA_n = sum of the last n closes / n; long where SMA_fast > SMA_slow after SMA_fast <= SMA_slow at the bar before, short the other way round",
	Source:  "Brock, Lakonishok, LeBaron, Simple Technical Trading Rules and the Stochastic Properties of Stock Returns (1992)",
	Params: signalParams(
		Param{Name: "fast", Unit: "bars", Default: "20", Help: "period of the fast average"},
		Param{Name: "slow", Unit: "bars", Default: "100", Help: "period of the slow average, above fast"},
	),
}

func newMACross(p Params) (Entry, error) {
	fast, err := p.Count("fast", 1, maxPeriod)
	if err != nil {
		return nil, err
	}
	slow, err := p.Count("slow", fast+1, maxPeriod)
	if err != nil {
		return nil, err
	}
	s, err := readSignals("ma_cross", p)
	s.make = func() detector { return &maCross{fast: newMean(fast), slow: newMean(slow)} }
	return s, err
}

// maCross compares two averages exactly, as sums.
type maCross struct {
	fast, slow mean
	above      bool
	known      bool // above is that of the bar before
}

func (m *maCross) add(b Bar) market.Side {
	m.fast.add(b.Close)
	if m.slow.add(b.Close); !m.slow.full() {
		return 0
	}
	// S_fast / n_fast > S_slow / n_slow, multiplied out.
	above := m.fast.sum.times(len(m.slow.items)).Cmp(m.slow.sum.times(len(m.fast.items))) > 0
	crossed := m.known && above != m.above
	m.above, m.known = above, true
	switch {
	case crossed && above:
		return market.Long
	case crossed:
		return market.Short
	}
	return 0
}

// mean is a moving sum of closes.
type mean struct {
	ring[market.Price]
	sum wide
}

func newMean(n int) mean { return mean{ring: newRing[market.Price](n)} }

func (m *mean) add(p market.Price) {
	left, _ := m.push(p)
	m.sum = wide(market.Int128(m.sum).Add(market.Int128Of(int64(p - left))))
}

// wide is a sum that is multiplied by a small number.
type wide market.Int128

func (w wide) times(n int) market.Int128 {
	var product market.Int128
	for x, k := market.Int128(w), n; k > 0; k >>= 1 {
		if k&1 == 1 {
			product = product.Add(x)
		}
		x = x.Add(x)
	}
	return product
}
