package synth

import (
	"math"

	"github.com/liquidation-lab/backtest/pkg/market"
)

const secondsPerBar = int(market.Minute / market.Second)

// bars makes one-minute candles of a path of seconds. A quote of another venue that lies between two ticks is inside of
// its bar: the path takes the tick below, the bar's high reaches the tick above.
func (g *grid) bars(p *Points, i *Instrument, path []market.Price) *market.Candles {
	c := candles(g, path)
	for _, q := range i.Prices {
		if q.Price%i.Tick != 0 && q.At < p.To {
			bar := int((q.At - g.from) / market.Minute)
			c.High[bar] = max(c.High[bar], onTick(q.Price, i.Tick)+i.Tick)
		}
	}
	g.volumes(p, i, c)
	return c
}

func candles(g *grid, path []market.Price) *market.Candles {
	c := &market.Candles{}
	for first := 0; first < g.length; first += secondsPerBar {
		seconds := path[first : first+secondsPerBar]
		low, high := seconds[0], seconds[0]
		for _, v := range seconds {
			low, high = min(low, v), max(high, v)
		}
		c.Time = append(c.Time, g.time(first))
		c.Open = append(c.Open, seconds[0])
		c.High = append(c.High, high)
		c.Low = append(c.Low, low)
		c.Close = append(c.Close, seconds[len(seconds)-1])
		c.Volume = append(c.Volume, 0)
	}
	return c
}

// expectedRange is the mean of a random walk's range over a bar in its standard deviations: 2*sqrt(2/pi) (Feller 1951).
const expectedRange = 1.5957691216057308

// volumes trades the instrument's ordinary volume in a bar of ordinary range and proportionally more in a wider one,
// give or take 40 percent, in steps of 0.001.
func (g *grid) volumes(p *Points, i *Instrument, c *market.Candles) {
	draw := newStream(p.Seed, "volume "+i.Symbol)
	ordinary := float64(expectedRange * float64(p.Model.Volatility[0].Value*i.Volatility.Value))
	for k := range c.Time {
		width := market.Float(c.High[k]-c.Low[k]) / market.Float(c.Open[k])
		v := float64(i.Volume.Value*(0.2+float64(0.8*(width/ordinary)))) * (0.6 + float64(0.8*draw.uniform()))
		c.Volume[k] = math.Floor(float64(v*1000)+0.5) / 1000
	}
}

// mark returns the mark price at each second with eight decimals: the last price's logarithm smoothed exponentially with
// the model's half-life. Where a mark low is published the smoothed path is bent to touch it, over five minutes on
// either side.
func (g *grid) mark(p *Points, i *Instrument, path []market.Price) []market.Price {
	keep := exp(-math.Ln2 / p.Model.MarkHalfLife.Value)
	smooth := make([]float64, len(path))
	smooth[0] = ln(market.Float(path[0]))
	for k := 1; k < len(path); k++ {
		x := ln(market.Float(path[k]))
		smooth[k] = x + float64(keep*(smooth[k-1]-x))
	}
	floor, lowest := market.Price(1), -1
	if len(i.Mark) > 0 {
		floor, lowest = i.Mark[0].Price, bend(smooth, g, i.Mark[0])
	}
	out := make([]market.Price, len(path))
	for k, x := range smooth {
		out[k] = max(market.Price(math.Floor(float64(exp(x)*market.Scale)+0.5)), floor+1)
	}
	if lowest >= 0 {
		out[lowest] = floor
	}
	return out
}

// bendReach is how far from a published mark low the smoothed path is bent, in seconds.
const bendReach = 300

// bend moves the path so that its lowest point in the window of low is there, and returns its second.
func bend(smooth []float64, g *grid, low PricePoint) int {
	first, end := g.second(low.Time), g.second(low.Time+low.Within)
	lowest := first
	for k := first; k < end; k++ {
		if smooth[k] < smooth[lowest] {
			lowest = k
		}
	}
	shift := ln(market.Float(low.Price)) - smooth[lowest]
	for k := max(0, lowest-bendReach); k < min(len(smooth), lowest+bendReach); k++ {
		distance := max(k-lowest, lowest-k)
		smooth[k] += float64(shift * (1 - float64(distance)/bendReach))
	}
	return lowest
}

// funding returns the settlements of the window.
func funding(p *Points, i *Instrument) *market.Funding {
	f := &market.Funding{}
	for _, l := range p.Model.Funding[i.Funding] {
		f.Time = append(f.Time, l.Time)
		f.Rate = append(f.Rate, market.Rate(math.Floor(float64(l.Value*market.Scale)+0.5)))
		f.IntervalHours = append(f.IntervalHours, int32(fundingInterval/market.Hour))
	}
	return f
}

const openInterestInterval = 5 * market.Minute

// openInterest follows the instrument's shares in bars of five minutes, in steps of the size's own last decimal, valued
// in whole quote at the mark price. As in the venue's files a row bears its bar's open and describes its end.
func (g *grid) openInterest(p *Points, i *Instrument, mark []market.Price) (*market.OpenInterest, bool) {
	o := &market.OpenInterest{}
	shares := p.Model.OpenInterest[i.OpenInterest.Path]
	step := lastDigit(i.OpenInterest.Size)
	for t := p.From; t < p.To; t += openInterestInterval {
		end := t + openInterestInterval
		steps := float64(float64(i.OpenInterest.Size/step) * at(shares, end))
		size := market.Qty(math.Floor(steps+0.5)) * step
		value, ok := market.ValueFloor(size, mark[g.second(end)-1])
		if !ok {
			return nil, false
		}
		o.Time = append(o.Time, t)
		o.Size = append(o.Size, size)
		o.Value = append(o.Value, value-value%market.Scale)
	}
	return o, true
}

// lastDigit returns the place of the last decimal of size: 0.001 of 93417.986, 1 of 80.
func lastDigit(size market.Qty) market.Qty {
	step := market.Qty(market.Scale)
	for size%step != 0 {
		step /= 10
	}
	return step
}

const (
	depthInterval = 5 * market.Minute
	// depthMoves is the change of a share within a minute above which depth is written every minute.
	depthMoves = 0.005
)

// depth follows the model's shares on both sides, give or take five percent, in thousands of quote: every five minutes,
// and every minute while a share moves.
func (g *grid) depth(p *Points, i *Instrument, path []market.Price) *market.Depth {
	draw := newStream(p.Seed, "depth "+i.Symbol)
	d := &market.Depth{}
	add := func(t market.Time, percentage, notional, mid float64) {
		// Never empty: what is quoted within a percentage is at least a thousand.
		notional = max(math.Floor(notional/1000+0.5), 1) * 1000
		d.Time = append(d.Time, t)
		d.Percentage = append(d.Percentage, percentage)
		d.Notional = append(d.Notional, notional)
		d.Size = append(d.Size, math.Floor(float64(notional/mid*1000)+0.5)/1000)
	}
	for k := 0; k < g.length; k += secondsPerBar {
		t, price := g.time(k), market.Float(path[k])
		bid, ask := at(p.Model.DepthBid, t), at(p.Model.DepthAsk, t)
		moved := max(math.Abs(bid-at(p.Model.DepthBid, t-market.Minute)), math.Abs(ask-at(p.Model.DepthAsk, t-market.Minute)))
		if t%depthInterval != 0 && moved < depthMoves {
			continue
		}
		bid = float64(bid * (0.95 + float64(0.1*draw.uniform())))
		ask = float64(ask * (0.95 + float64(0.1*draw.uniform())))
		for n := len(i.Depth) - 1; n >= 0; n-- {
			l := i.Depth[n]
			add(t, -l.Percentage, float64(l.Notional*bid), float64(price*(1-l.Percentage/200)))
		}
		for _, l := range i.Depth {
			add(t, l.Percentage, float64(l.Notional*ask), float64(price*(1+l.Percentage/200)))
		}
	}
	return d
}
