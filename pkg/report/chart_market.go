package report

import (
	"encoding/json"
	"fmt"
	"html/template"
	"math"
	"strings"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// The frame that all figures share.
const (
	frameLeft  = 70.0
	frameRight = figureWidth - 14.0
)

// marketFigure draws one instrument: price with its range, liquidations by side, open interest; one time axis.
type marketFigure struct {
	Symbol  string
	SVG     template.HTML
	Data    template.JS // what the script draws
	Default bool
}

func (l *timeline) timeScale() (scale, []timeTick) {
	end := l.start + market.Time(len(l.fund))*l.width
	return scale{float64(l.start), float64(end), frameLeft, frameRight}, timeTicks(l.start, end, 12)
}

// marketChart draws an instrument.
func (l *timeline) marketChart(index int, symbol string) template.HTML {
	const priceTop, priceBottom, flowTop, flowBottom, interestTop, interestBottom = 24.0, 230.0, 268.0, 398.0, 436.0, 520.0
	x, times := l.timeScale()
	buckets := l.instruments[index].buckets
	s := newSVG("market-"+symbol, symbol+": price, liquidations and open interest",
		fmt.Sprintf("Three panels over one time axis in UTC: last price with its range, notional liquidated per %s by side, open interest of the simulated accounts.", market.FormatInterval(l.width)), 562)
	s.timeAxis(x, times, priceTop, interestBottom)
	l.pricePanel(s, x, buckets, priceTop, priceBottom)
	l.flowPanel(s, x, buckets, flowTop, flowBottom)
	l.interestPanel(s, x, buckets, interestTop, interestBottom)
	return s.done()
}

func (l *timeline) middle(x scale, i int) float64 {
	return x.at(float64(l.start) + (float64(i)+0.5)*float64(l.width))
}

func (l *timeline) pricePanel(s *svg, x scale, buckets []bucket, top, bottom float64) {
	low, high := math.Inf(1), math.Inf(-1)
	for _, b := range buckets {
		if b.set {
			low, high = min(low, market.Float(b.low)), max(high, market.Float(b.high))
		}
	}
	if math.IsInf(low, 0) {
		return
	}
	low, high = widen(low, high, 0.04)
	y := scale{low, high, bottom, top}
	list := ticks(low, high, 5)
	s.yAxis(y, frameLeft, frameRight, list, tickLabels(list), "last price, low to high")
	var line, up, down strings.Builder
	var lows []float64
	gap := true
	for i, b := range buckets {
		if !b.set {
			gap = true
			continue
		}
		at := l.middle(x, i)
		point(&line, gap, at, y.at(market.Float(b.last)))
		point(&up, up.Len() == 0, at, y.at(market.Float(b.high)))
		lows = append(lows, at, y.at(market.Float(b.low)))
		gap = false
	}
	for k := len(lows) - 2; k >= 0; k -= 2 {
		point(&down, false, lows[k], lows[k+1])
	}
	up.WriteString(down.String() + "Z")
	s.path("range", &up)
	s.path("price", &line)
}

func (l *timeline) flowPanel(s *svg, x scale, buckets []bucket, top, bottom float64) {
	long, short := 0.0, 0.0
	for _, b := range buckets {
		long, short = max(long, b.long.Float()), max(short, b.short.Float())
	}
	low, high := widen(-short, long, 0.03)
	if long == 0 && short == 0 {
		low, high = 0, 1
	}
	y := scale{min(low, 0), max(high, 0), bottom, top}
	list := ticks(y.from, y.to, 4)
	labels := make([]string, len(list))
	for i, v := range list {
		labels[i] = shortAxis(math.Abs(v))
	}
	s.yAxis(y, frameLeft, frameRight, list, labels, "liquidated notional per "+market.FormatInterval(l.width)+": longs above, shorts below")
	width := max(1, (x.pixelTo-x.pixelFrom)/float64(max(len(l.fund), 1))-0.3)
	for i, b := range buckets {
		at := l.middle(x, i) - width/2
		if !b.long.IsZero() {
			v := y.at(b.long.Float())
			s.rect("long", at, v, width, max(0.6, y.at(0)-v), "")
		}
		if !b.short.IsZero() {
			s.rect("short", at, y.at(0), width, max(0.6, y.at(-b.short.Float())-y.at(0)), "")
		}
	}
	s.line("base", frameLeft, y.at(0), frameRight, y.at(0))
}

// shortAxis labels amounts on an axis.
func shortAxis(v float64) string {
	if v == 0 {
		return "0"
	}
	return short(v)
}

func (l *timeline) interestPanel(s *svg, x scale, buckets []bucket, top, bottom float64) {
	low, high := math.Inf(1), 0.0
	for _, b := range buckets {
		if b.set {
			low, high = min(low, market.Float(b.openInterest)), max(high, market.Float(b.openInterest))
		}
	}
	if high == 0 {
		s.text("tick", "start", frameLeft, top+20, "no open interest in the simulated book")
		return
	}
	y := scale{0, high * 1.05, bottom, top}
	list := ticks(0, y.to, 3)
	labels := make([]string, len(list))
	for i, v := range list {
		labels[i] = shortAxis(v)
	}
	s.yAxis(y, frameLeft, frameRight, list, labels, "open interest of the simulated accounts, base")
	var line strings.Builder
	gap := true
	for i, b := range buckets {
		if b.set {
			point(&line, gap, l.middle(x, i), y.at(market.Float(b.openInterest)))
		}
		gap = !b.set
	}
	s.path("interest", &line)
}

// marketSeries is what the page's script draws: one row a bucket of last, low, high, mark, long and short liquidated, open
// interest; 0 for a bucket without any.
func (l *timeline) marketSeries(index int, symbol string) template.JS {
	var b strings.Builder
	name, _ := json.Marshal(symbol)
	fmt.Fprintf(&b, `{"symbol":%s,"start":%d,"width":%d,"interval":%q,"buckets":%d,"rows":[`, name, l.start, l.width, market.FormatInterval(l.width), len(l.fund))
	for i, v := range l.instruments[index].buckets {
		if i > 0 {
			b.WriteByte(',')
		}
		if !v.set && v.long.IsZero() && v.short.IsZero() {
			b.WriteByte('0')
			continue
		}
		if !v.set { // liquidated without a price of its own: the gap stays a gap
			fmt.Fprintf(&b, `[null,null,null,null,%.0f,%.0f,null]`, v.long.Float(), v.short.Float())
			continue
		}
		fmt.Fprintf(&b, `[%s,%s,%s,%s,%.0f,%.0f,%s]`, v.last, v.low, v.high, v.mark, v.long.Float(), v.short.Float(), significant(market.Float(v.openInterest)))
	}
	b.WriteString("]}")
	return template.JS(b.String())
}

func significant(x float64) string {
	return trimZeros(fmt.Sprintf("%.1f", x))
}
