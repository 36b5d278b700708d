package report

import (
	"fmt"
	"html/template"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Rows of the charts that list groups.
const (
	groupLabels = 190.0 // width of the names
	groupRow    = 26.0
)

// outcomesChart draws how the accounts of each group ended, as shares of those that entered.
func outcomesChart(groups []Group) template.HTML {
	if len(groups) == 0 {
		return ""
	}
	top := 44.0
	groupRow := rowFor(len(groups), func(i int) string { return groups[i].Name })
	s := newSVG("outcomes", "How accounts ended", "One bar for each group, divided by outcome: open at the end, closed, take-profit, stopped, deleveraged, liquidated.", top+groupRow*float64(len(groups))+40)
	x := scale{0, 1, groupLabels, frameRight}
	bottom := top + groupRow*float64(len(groups))
	for _, v := range []float64{0, 0.25, 0.5, 0.75, 1} {
		s.line("grid", x.at(v), top-4, x.at(v), bottom)
		s.text("tick", "middle", x.at(v), bottom+17, fmt.Sprintf("%.0f%%", v*100))
	}
	legend := groupLabels
	for _, o := range outcomes[:len(outcomes)-1] {
		if !anyOutcome(groups, o) {
			continue
		}
		s.rect("outcome "+o, legend, 12, 12, 12, "")
		label := outcomeLabel(o)
		s.text("tick", "start", legend+17, 22, label)
		legend += 34 + 7.2*float64(len(label))
	}
	for i, g := range groups {
		y := top + groupRow*float64(i)
		s.label(groupLabels-10, y+groupRow/2-1, g.Name)
		entered := g.Accounts - g.Refused
		left := x.at(0)
		for _, o := range g.Outcomes {
			if o.Outcome == "refused" || entered == 0 {
				continue
			}
			part := float64(o.Accounts) / float64(entered)
			width := float64(part * (x.pixelTo - x.pixelFrom))
			s.rect("outcome "+o.Outcome, left, y+3, width, groupRow-6, fmt.Sprintf("%s: %s %s of %s (%s)", g.Name, count(o.Accounts), outcomeLabel(o.Outcome), count(entered), share(Number(part))))
			if width > 44 {
				s.text("inside "+o.Outcome, "middle", left+width/2, y+groupRow/2+4, share(Number(part)))
			}
			left += width
		}
	}
	return s.done()
}

func anyOutcome(groups []Group, outcome string) bool {
	for _, g := range groups {
		for _, o := range g.Outcomes {
			if o.Outcome == outcome && o.Accounts > 0 {
				return true
			}
		}
	}
	return false
}

// outcomeLabel words an outcome for a reader.
func outcomeLabel(o string) string {
	switch o {
	case "open":
		return "open at the end"
	case "deleveraged":
		return "deleveraged (ADL)"
	}
	return strings.ReplaceAll(o, "_", "-")
}

// shorten cuts a name that is too long for its place.
func shorten(name string, letters int) string {
	r := []rune(name)
	if len(r) <= letters {
		return name
	}
	return string(r[:letters-1]) + "…"
}

// label writes a name beside its row, on up to three lines: broken after commas, as the cells of an experiment are named, and cut
// where a part is too long for its place.
func (s *svg) label(right, middle float64, name string) {
	lines := labelLines(name, labelLetters)
	for i, line := range lines {
		s.text("name", "end", right, middle+4+labelLine*(float64(i)-float64(len(lines)-1)/2), line)
	}
}

// rowFor is the height of rows beside which some names stand whole.
func rowFor(names int, name func(int) string) float64 {
	height := groupRow
	for i := range names {
		height = max(height, labelLine*float64(len(labelLines(name(i), labelLetters)))+6)
	}
	return height
}

const (
	labelLetters = 26
	labelLine    = 13.0
)

// labelLines breaks a name after commas into at most three lines of so many letters.
func labelLines(name string, letters int) []string {
	if utf8.RuneCountInString(name) <= letters {
		return []string{name}
	}
	var lines []string
	for _, part := range strings.SplitAfter(name, ", ") {
		last := len(lines) - 1
		if last >= 0 && utf8.RuneCountInString(strings.TrimSpace(lines[last]+part)) <= letters {
			lines[last] += part
			continue
		}
		lines = append(lines, part)
	}
	if len(lines) > 3 {
		lines = append(lines[:2], strings.Join(lines[2:], ""))
	}
	for i := range lines {
		lines[i] = shorten(strings.TrimSpace(lines[i]), letters)
	}
	return lines
}

// returnsChart draws each group's distribution of P&L over deposit: from the 5% to the 95% quantile, the middle half,
// and the median.
func returnsChart(groups []Group) template.HTML {
	low, high := 0.0, 0.0
	for _, g := range groups {
		if g.Return.P05.Exists() {
			low, high = min(low, float64(g.Return.P05)), max(high, float64(g.Return.P95))
		}
	}
	if low == high {
		return ""
	}
	high = min(high, 3*max(0.5, -low)) // a few winners many times their deposit must not squeeze the losers into a line
	low, high = widen(low, high, 0.03)
	top := 44.0
	groupRow := rowFor(len(groups), func(i int) string { return groups[i].Name })
	bottom := top + groupRow*float64(len(groups))
	s := newSVG("returns", "P&L over deposit", "One row for each group: a thin line from the 5% to the 95% quantile of profit and loss over deposit, a box around the middle half, and the median.", bottom+58)
	x := scale{low, high, groupLabels, frameRight}
	list := ticks(low, high, 9)
	for _, v := range list {
		class := "grid"
		if math.Abs(v) < 1e-12 {
			class = "base"
		}
		s.line(class, x.at(v), top-4, x.at(v), bottom)
		s.text("tick", "middle", x.at(v), bottom+17, minus(fmt.Sprintf("%.0f%%", roundZero(v*100, 0))))
	}
	s.text("axis", "middle", (groupLabels+frameRight)/2, bottom+40, "P&L over deposit, after fees and funding")
	s.text("tick", "start", groupLabels, 22, "line: 5% to 95% of accounts · box: middle half · bar: median")
	for i, g := range groups {
		y := top + groupRow*(float64(i)+0.5)
		s.label(groupLabels-10, y, g.Name)
		q := g.Return
		if !q.P05.Exists() {
			continue
		}
		s.box(x, y, high, g.Name, q)
		if float64(q.P95) > high {
			s.text("tick", "end", frameRight, y-8, "→ "+signed(q.P95))
		}
	}
	return s.done()
}

// box draws a distribution: a line from the 5% to the 95% quantile, a box around the middle half, a bar at the median. What is
// beyond high is drawn there.
func (s *svg) box(x scale, y, high float64, name string, q Quantiles) {
	at := func(n Number) float64 { return x.at(min(float64(n), high)) }
	tip := fmt.Sprintf("%s: p05 %s, p25 %s, median %s, p75 %s, p95 %s", name, signed(q.P05), signed(q.P25), signed(q.Median), signed(q.P75), signed(q.P95))
	s.line("whisker", at(q.P05), y, at(q.P95), y)
	s.rect("box", at(q.P25), y-7, max(1.5, at(q.P75)-at(q.P25)), 14, tip)
	s.line("median", at(q.Median), y-9, at(q.Median), y+9)
}

// ruleLabel names a comparison of two rules.
func ruleLabel(c Comparison) string { return c.A + " − " + c.B }

// pointLabel prints percentage points on an axis.
func pointLabel(v float64) string {
	return minus(trimZeros(strconv.FormatFloat(roundZero(v, 1), 'f', 1, 64)))
}

// differenceChart draws paired differences of one metric with their intervals around zero.
func differenceChart(comparisons []Comparison, name, id, title, axis string, factor float64, format func(float64) string, label func(Comparison) string) template.HTML {
	low, high := 0.0, 0.0
	for _, c := range comparisons {
		m := c.Metrics[name]
		for _, v := range []Number{m.Difference, m.Low, m.High} {
			if v.Exists() {
				low, high = min(low, float64(v)*factor), max(high, float64(v)*factor)
			}
		}
	}
	if len(comparisons) == 0 || low == high {
		return ""
	}
	low, high = widen(low, high, 0.06)
	const labels = 300.0
	const top = 16.0
	bottom := top + groupRow*float64(len(comparisons))
	s := newSVG(id, title, title+", one row for each pair of rules: the estimate and its confidence interval; a line marks zero.", bottom+56)
	x := scale{low, high, labels, frameRight - 60}
	for _, v := range ticks(low, high, 7) {
		class := "grid"
		if math.Abs(v) < 1e-9*(high-low) {
			class, v = "base", 0
		}
		s.line(class, x.at(v), top-6, x.at(v), bottom)
		s.text("tick", "middle", x.at(v), bottom+17, format(v))
	}
	s.text("axis", "middle", (x.pixelFrom+x.pixelTo)/2, bottom+40, axis)
	for i, c := range comparisons {
		m := c.Metrics[name]
		y := top + groupRow*(float64(i)+0.5)
		s.text("name", "end", labels-12, y+4, shorten(label(c), 42))
		if !m.Difference.Exists() {
			s.text("tick", "start", x.at(0)+8, y+4, "no pairs")
			continue
		}
		if m.Low.Exists() {
			from, to := x.at(float64(m.Low)*factor), x.at(float64(m.High)*factor)
			s.line("error difference", from, y, to, y)
			s.line("error difference", from, y-4, from, y+4)
			s.line("error difference", to, y-4, to, y+4)
		}
		at := x.at(float64(m.Difference) * factor)
		s.circle("mark difference", at, y, 5, fmt.Sprintf("%s − %s: %s", c.A, c.B, format(float64(m.Difference)*factor)))
		s.text("value", "middle", at, y-8, format(float64(m.Difference)*factor))
	}
	return s.done()
}
