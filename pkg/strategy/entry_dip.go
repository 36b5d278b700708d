package strategy

import "github.com/liquidation-lab/backtest/pkg/market"

var dipDoc = Doc{
	Summary: "buy a fall: enter when a close lies a share below the highest high of the bars before it (short: above the lowest low)",
	Formula: "long where close <= (1 - fall) * max(high of `period` bars), short where close >= (1 + fall) * min(low); once until the close is inside again. manage: safety_orders adds below",
	Source:  "by definition; the deviation of dollar-cost-averaging bots (3Commas, DCA bot settings)",
	Params: signalParams(
		Param{Name: "fall", Unit: "share of price", Default: "3%", Help: "how far below the high"},
		Param{Name: "period", Unit: "bars", Default: "240", Help: "bars of the high"},
	),
}

func newDip(p Params) (Entry, error) {
	fall, err := p.Fraction("fall", market.Scale-1)
	if err != nil {
		return nil, err
	}
	period, err := p.Count("period", 1, maxPeriod)
	if err != nil {
		return nil, err
	}
	s, err := readSignals("dip", p)
	s.make = func() detector {
		return &dip{fall: fall, highs: sliding{period: period}, lows: sliding{period: period}}
	}
	return s, err
}

type dip struct {
	fall        market.Rate
	highs, lows sliding
	down        market.Side
}

func (d *dip) add(b Bar) market.Side {
	side := market.Side(0)
	if d.highs.seen >= d.highs.period {
		high, low := d.highs.max(), -d.lows.max()
		floor, _ := market.MulDivFloor(int64(high), int64(market.Scale-d.fall), market.Scale)
		ceiling, ok := market.MulDivCeil(int64(low), int64(market.Scale+d.fall), market.Scale)
		switch {
		case b.Close <= market.Price(floor):
			side = market.Long
		case ok && b.Close >= market.Price(ceiling):
			side = market.Short
		}
	}
	d.highs.add(b.High)
	d.lows.add(-b.Low)
	if side == d.down {
		return 0
	}
	d.down = side
	return side
}
