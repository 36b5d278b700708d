package report

import (
	"math"
	"slices"

	"github.com/liquidation-lab/backtest/pkg/report/stats"
)

// Concentration says how unequally an amount is spread over those that have any of it. All figures are of the amounts
// above zero; null where there are none. They do not change when every amount is multiplied by the same number, so that a
// crowd of another size can be compared with what is published of a venue.
type Concentration struct {
	Accounts    int    `json:"accounts"` // with an amount above zero; of losses by position, positions
	Median      Number `json:"median"`   // quote
	Gini        Number `json:"gini"`
	Top1        Number `json:"top_1_percent"` // share of the total that the largest hundredth of them have, at least one
	Top5        Number `json:"top_5_percent"`
	Top10       Number `json:"top_10_percent"`
	MedianToP10 Number `json:"median_to_p10"` // median over the 10th percentile
	P90ToMedian Number `json:"p90_to_median"` // 90th percentile over the median
	P99ToMedian Number `json:"p99_to_median"`
	TailAlpha   Number `json:"tail_exponent"` // Hill estimate over the largest twentieth, at least 10 of them; null below 40
}

// concentrationOf describes amounts in any order; those of zero or less are left out.
func concentrationOf(amounts []float64) Concentration {
	v := make([]float64, 0, len(amounts))
	for _, x := range amounts {
		if x > 0 {
			v = append(v, x)
		}
	}
	slices.Sort(v)
	median := stats.Quantile(v, 0.5)
	over := func(p float64) Number { return Number(stats.Quantile(v, p) / median) }
	return Concentration{Accounts: len(v), Median: Number(median), Gini: Number(stats.Gini(v)), Top1: topShare(v, 0.01), Top5: topShare(v, 0.05),
		Top10: topShare(v, 0.1), MedianToP10: 1 / over(0.1), P90ToMedian: over(0.9), P99ToMedian: over(0.99), TailAlpha: Number(hill(v))}
}

// topShare returns what the largest part of ascending values has of their sum: ceil(part * n) of them.
func topShare(ascending []float64, part float64) Number {
	n := len(ascending)
	top := int(math.Ceil(float64(part*float64(n)) - 1e-9))
	sum, largest := 0.0, 0.0
	for i, x := range ascending {
		sum += x
		if i >= n-top {
			largest += x
		}
	}
	if sum == 0 {
		return undefined
	}
	return Number(largest / sum)
}

// hill estimates the exponent of a Pareto tail from the k largest of ascending values: the reciprocal of the mean of
// ln(x_i / x_(k+1)) over them (B. M. Hill, Annals of Statistics 3, 1975). k is a twentieth of them, at least 10.
func hill(ascending []float64) float64 {
	n := len(ascending)
	k := max(10, n/20)
	if n < 40 {
		return math.NaN()
	}
	sum := 0.0
	for _, x := range ascending[n-k:] {
		sum += math.Log(x / ascending[n-k-1])
	}
	if sum == 0 {
		return math.NaN()
	}
	return float64(k) / sum
}
