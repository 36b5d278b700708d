package report

import (
	"math"
	"strconv"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// scale maps a range of values onto a range of pixels.
type scale struct{ from, to, pixelFrom, pixelTo float64 }

func (s scale) at(v float64) float64 {
	if s.to == s.from {
		return (s.pixelFrom + s.pixelTo) / 2
	}
	return s.pixelFrom + float64((v-s.from)/(s.to-s.from)*(s.pixelTo-s.pixelFrom))
}

// ticks returns round values within [low, high], at most about count of them: multiples of 1, 2, 2.5 or 5 times a power of ten.
func ticks(low, high float64, count int) []float64 {
	if !(high > low) || math.IsInf(high-low, 0) {
		return []float64{low}
	}
	step := tickStep((high - low) / float64(max(count, 1)))
	var list []float64
	for k := math.Ceil(low/step - 1e-9); k*step <= high+float64(step*1e-9); k++ {
		list = append(list, float64(k*step))
	}
	return list
}

// tickStep returns the smallest round step of at least rough.
func tickStep(rough float64) float64 {
	power := math.Pow10(int(math.Floor(math.Log10(rough))))
	for _, m := range []float64{1, 2, 2.5, 5} {
		if power*m >= rough*0.999999 {
			return float64(power * m)
		}
	}
	return power * 10
}

// widen adds a share of the range on both sides; an empty range becomes one around its value.
func widen(low, high, by float64) (float64, float64) {
	if low == high {
		d := max(math.Abs(low)*0.05, 1e-9)
		return low - d, high + d
	}
	d := float64((high - low) * by)
	return low - d, high + d
}

// tickLabels prints ticks with the decimals that their step needs, short above ten thousand.
func tickLabels(list []float64) []string {
	labels := make([]string, len(list))
	if len(list) == 0 {
		return labels
	}
	step := math.Abs(list[0])
	if len(list) > 1 {
		step = list[1] - list[0]
	}
	largest := max(math.Abs(list[0]), math.Abs(list[len(list)-1]))
	for i, v := range list {
		switch {
		case largest >= 1e6:
			labels[i] = short(v)
		case step >= 1:
			labels[i] = separate(strconv.FormatFloat(v, 'f', 0, 64))
		default:
			labels[i] = minus(strconv.FormatFloat(v, 'f', decimalsOf(step), 64))
		}
	}
	return labels
}

// decimalsOf is how many decimals tell multiples of a step apart.
func decimalsOf(step float64) int {
	for d := range 9 {
		scaled := float64(step * math.Pow10(d))
		if math.Abs(scaled-math.Round(scaled)) < 1e-6*max(1, scaled) && scaled >= 0.5 {
			return d
		}
	}
	return 8
}

// timeTick is a mark on a time axis; Day is set where a date belongs below the label.
type timeTick struct {
	at    market.Time
	label string
	day   string
}

var timeSteps = []market.Time{market.Minute, 2 * market.Minute, 5 * market.Minute, 10 * market.Minute, 15 * market.Minute, 30 * market.Minute,
	market.Hour, 2 * market.Hour, 3 * market.Hour, 6 * market.Hour, 12 * market.Hour, market.Day, 2 * market.Day, 5 * market.Day,
	10 * market.Day, 30 * market.Day, 90 * market.Day, 365 * market.Day}

// timeTicks returns at most about count round UTC times within [from, to].
func timeTicks(from, to market.Time, count int) []timeTick {
	step := timeSteps[len(timeSteps)-1]
	for _, s := range timeSteps {
		if (to-from)/s <= market.Time(count) {
			step = s
			break
		}
	}
	var list []timeTick
	lastDay := ""
	for at := (from + step - 1) / step * step; at <= to; at += step {
		t := at.UTC()
		tick := timeTick{at: at, label: t.Format("15:04")}
		day := t.Format("2 Jan 2006")
		if step >= market.Day {
			tick.label, day = t.Format("2 Jan"), t.Format("2006")
		}
		if day != lastDay {
			tick.day, lastDay = day, day
		}
		list = append(list, tick)
	}
	return list
}
