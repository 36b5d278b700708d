package archive

import (
	"fmt"
	"math"
	"slices"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// aggregate compares long bars with what the short bars inside them add up to. A long bar is compared when all of its
// short bars are there; of seconds, which venues leave out without a trade, when the series surrounds it.
func (f *findings) aggregate(short, long *series) {
	a, b := short.candles, long.candles
	j := 0
	for i := range b.Len() {
		for j < a.Len() && a.Time[j] < b.Time[i] {
			j++
		}
		end := j
		for end < a.Len() && a.Time[end] < b.Time[i]+long.Interval {
			end++
		}
		complete := market.Time(end-j)*short.Interval == long.Interval
		surrounded := short.Interval < market.Minute && j > 0 && end > j && end < a.Len()
		if complete || surrounded {
			f.compareBars(short, j, end, long, i)
		}
	}
}

func (f *findings) compareBars(short *series, from, to int, long *series, i int) {
	a, b := short.candles, long.candles
	// Coin-margined base volumes were converted bar by bar, each at its own average; their dollars add up exactly.
	name, parts, whole := "volume", a.Volume, b.Volume
	if a.QuoteVolume != nil && b.QuoteVolume != nil {
		name, parts, whole = "quote volume", a.QuoteVolume, b.QuoteVolume
	}
	high, low, volume := a.High[from], a.Low[from], 0.0
	for k := from; k < to; k++ {
		high, low = max(high, a.High[k]), min(low, a.Low[k])
		volume += parts[k]
	}
	of := "bars of " + market.FormatInterval(short.Interval) + " say "
	check := func(name string, is, want market.Price) {
		if is != want {
			f.add(long, i, Fault, "aggregate", fmt.Sprintf("%s %s: %s%s", name, is, of, want))
		}
	}
	check("open", b.Open[i], a.Open[from])
	check("high", b.High[i], high)
	check("low", b.Low[i], low)
	check("close", b.Close[i], a.Close[to-1])
	if math.Abs(volume-whole[i]) > 1e-6*math.Max(volume, whole[i]) {
		f.add(long, i, Warning, "aggregate", fmt.Sprintf("%s %s: %s%s", name, ftoa(whole[i]), of, ftoa(volume)))
	}
}

// markAgainstLast reports mark closes more than two percent outside of the last price's bar.
func (f *findings) markAgainstLast(last, mark *series) {
	a, b := last.candles, mark.candles
	j := 0
	for i := range b.Len() {
		for j < a.Len() && a.Time[j] < b.Time[i] {
			j++
		}
		if j == a.Len() || a.Time[j] != b.Time[i] {
			continue
		}
		if p := market.Float(b.Close[i]); p < market.Float(a.Low[j])*0.98 || p > market.Float(a.High[j])*1.02 {
			f.add(mark, i, Warning, "mark", fmt.Sprintf("mark close %s is more than 2%% outside of the last price's bar, %s to %s",
				b.Close[i], a.Low[j], a.High[j]))
		}
	}
}

// impliedPrice reports open interest whose value over size lies more than one percent outside of the bar at the end of
// which it was taken: the label is the open of that bar (docs/DATA.md has the measurement).
func (f *findings) impliedPrice(last, interest *series) {
	a, o := last.candles, interest.openInterest
	step := usualStep(o.Time)
	for i := range o.Len() {
		opens := o.Time[i] + step - last.Interval
		j, ok := slices.BinarySearch(a.Time, opens)
		if !ok || o.Size[i] == 0 || last.Interval > step {
			continue
		}
		if p := market.Float(o.Value[i]) / market.Float(o.Size[i]); p < market.Float(a.Low[j])*0.99 || p > market.Float(a.High[j])*1.01 {
			f.add(interest, i, Warning, "implied_price", fmt.Sprintf("value over size is %s, more than 1%% outside of the %s bar at %s, %s to %s",
				ftoa(p), market.FormatInterval(last.Interval), opens, a.Low[j], a.High[j]))
		}
	}
}
