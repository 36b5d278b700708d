package report

import (
	"fmt"
	"html/template"
	"math"
	"strconv"
	"strings"
)

// spreadChart draws how one metric is spread over the paths, a row for each rule: a line from the 5% to the 95% quantile, a box
// around the middle half, the median, the mean with its interval, and what history had.
func spreadChart(rules []PathRule, metric pathMetric) template.HTML {
	low, high := math.Inf(1), math.Inf(-1)
	for i := range rules {
		d := rules[i].Metrics[metric.name]
		for _, v := range []Number{d.P05, d.P95, d.Mean.Low, d.Mean.High, d.History} {
			if v.Exists() {
				low, high = min(low, float64(v)), max(high, float64(v))
			}
		}
	}
	if !(high >= low) {
		return ""
	}
	if metric.amount {
		low, high = min(low, 0), max(high, 0)
	}
	low, high = widen(low, high, 0.04)
	if !metric.amount {
		low, high = max(low, 0), min(high, 1)
	}
	const top = 44.0
	groupRow := rowFor(len(rules), func(i int) string { return rules[i].Name })
	bottom := top + groupRow*float64(len(rules))
	s := newSVG("spread-"+strings.ReplaceAll(metric.name, "_", "-"), capital(metric.title)+" over the paths",
		"One row for each rule: a line from the 5% to the 95% quantile over paths, a box around the middle half, the median, the mean with its interval, and history.", bottom+56)
	x := scale{low, high, groupLabels, frameRight - 20}
	list := plainZero(ticks(low, high, 8))
	labels := tickLabels(list)
	for i, v := range list {
		label := labels[i]
		if !metric.amount {
			label = trimZeros(strconv.FormatFloat(v*100, 'f', 2, 64)) + "%"
		}
		s.line("grid", x.at(v), top-4, x.at(v), bottom)
		s.text("tick", "middle", x.at(v), bottom+17, label)
	}
	axis := metric.title + " of a path"
	if metric.amount {
		axis += ", in quote"
	}
	s.text("axis", "middle", (x.pixelFrom+x.pixelTo)/2, bottom+40, axis)
	s.text("tick", "start", groupLabels, 20, "line: 5% to 95% of paths · box: middle half · bar: median · dot: mean with its interval · diamond: history")
	for i := range rules {
		y := top + groupRow*(float64(i)+0.5)
		s.label(groupLabels-14, y, rules[i].Name)
		d := rules[i].Metrics[metric.name]
		if !d.P05.Exists() {
			continue
		}
		at := func(n Number) float64 { return x.at(float64(n)) }
		s.line("whisker", at(d.P05), y, at(d.P95), y)
		s.rect("box", at(d.P25), y-7, max(1.5, at(d.P75)-at(d.P25)), 14, "")
		s.line("median", at(d.Median.Estimate), y-9, at(d.Median.Estimate), y+9)
		if d.Mean.Low.Exists() {
			s.line("error difference", at(d.Mean.Low), y, at(d.Mean.High), y)
		}
		s.circle("mark difference", at(d.Mean.Estimate), y, 4, fmt.Sprintf("%s: %s", rules[i].Name, d.words(metric.amount)))
		if d.History.Exists() {
			s.diamond("mark nostop", at(d.History), y, 5, rules[i].Name+" in history: "+d.figure(metric.amount, d.History))
		}
	}
	return s.done()
}

func (d Distribution) figure(amount bool, n Number) string {
	if amount {
		return number(n)
	}
	return share(n)
}

// words prints mean, interval and quantiles.
func (d Distribution) words(amount bool) string {
	f := func(n Number) string { return d.figure(amount, n) }
	return fmt.Sprintf("mean %s [%s, %s], 5%% %s, median %s, 95%% %s", f(d.Mean.Estimate), f(d.Mean.Low), f(d.Mean.High), f(d.P05), f(d.Median.Estimate), f(d.P95))
}

// plainZero replaces -0, which would be printed with its sign.
func plainZero(list []float64) []float64 {
	for i, v := range list {
		if v == 0 {
			list[i] = 0
		}
	}
	return list
}

// around is the estimate less and plus two standard errors; a probability stays one.
func (r RunningAt) around(amount bool) (low, high float64) {
	low, high = float64(r.Mean-2*r.StandardError), float64(r.Mean+2*r.StandardError)
	if !amount {
		low, high = max(low, 0), min(high, 1)
	}
	return low, high
}

// runningShown is how many rules the chart of convergence tells apart.
const runningShown = runMarks

// convergenceChart draws the running mean of a metric over the number of paths, on a logarithmic axis, with two standard
// errors on both sides.
func convergenceChart(rules []PathRule, metric pathMetric) template.HTML {
	rules = rules[:min(len(rules), runningShown)]
	low, high, most := math.Inf(1), math.Inf(-1), 0
	for i := range rules {
		for _, r := range rules[i].Metrics[metric.name].Convergence {
			if !r.StandardError.Exists() {
				continue
			}
			from, to := r.around(metric.amount)
			low, high, most = min(low, from), max(high, to), max(most, r.Paths)
		}
	}
	if most < 5 || !(high >= low) {
		return ""
	}
	low, high = widen(low, high, 0.05)
	const top, bottom = 58.0, 320.0
	s := newSVG("running-"+strings.ReplaceAll(metric.name, "_", "-"), "Running "+metric.title, "The mean over the first paths, by how many there are, with two Monte Carlo standard errors on both sides.", 372)
	y := scale{low, high, bottom, top}
	list := plainZero(ticks(low, high, 6))
	labels := tickLabels(list)
	if !metric.amount {
		for i, v := range list {
			labels[i] = trimZeros(strconv.FormatFloat(v*100, 'f', 2, 64)) + "%"
		}
	}
	s.yAxis(y, frameLeft, frameRight, list, labels, "")
	x := scale{math.Log10(2), math.Log10(float64(most)), frameLeft + 20, frameRight - 20}
	for n, k := 2, 0; n <= most; k++ {
		s.text("tick", "middle", x.at(math.Log10(float64(n))), bottom+19, count(n))
		n = [...]int{5, 10, 20}[k%3] * int(math.Pow10(k/3))
	}
	s.text("axis", "middle", (frameLeft+frameRight)/2, bottom+42, "paths")
	s.line("base", frameLeft, bottom, frameRight, bottom)
	for i := range rules {
		at, legend := frameLeft+float64(i%3)*300, 14+18*float64(i/3)
		s.circle("mark "+runClass(i), at+6, legend, 5, "")
		s.text("tick", "start", at+17, legend+4, shorten(rules[i].Name, 40))
		offset := 3 * (float64(i) - float64(len(rules)-1)/2)
		previous := RunningAt{}
		for _, r := range rules[i].Metrics[metric.name].Convergence {
			if !r.StandardError.Exists() {
				continue
			}
			px, py := x.at(math.Log10(float64(r.Paths)))+offset, y.at(float64(r.Mean))
			from, to := r.around(metric.amount)
			s.line("error "+runClass(i), px, y.at(from), px, y.at(to))
			if previous.Paths > 0 {
				s.line("error "+runClass(i), x.at(math.Log10(float64(previous.Paths)))+offset, y.at(float64(previous.Mean)), px, py)
			}
			d := Distribution{}
			s.circle("mark "+runClass(i), px, py, 3.5, fmt.Sprintf("%s after %s paths: %s ± %s", rules[i].Name, count(r.Paths), d.figure(metric.amount, r.Mean), d.figure(metric.amount, 2*r.StandardError)))
			previous = r
		}
	}
	return s.done()
}
