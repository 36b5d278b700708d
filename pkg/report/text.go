package report

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

// Text says how a summary is printed.
type Text struct {
	Width int    // of the terminal; 0 prints plain text for a pipe or file
	Color bool   // emphasis; ignored where Width is 0
	Dir   string // the run directory, named at the end; may be empty
}

// printer writes paragraphs and tables and remembers the first error.
type printer struct {
	Text
	w   io.Writer
	err error
}

// Print writes the summary for a reader: the market, the exchange, the groups, what stops changed, what was expected and
// what was assumed.
func (s *Summary) Print(w io.Writer, t Text) error {
	p := &printer{Text: t, w: w}
	p.heading(s)
	p.prices(s)
	p.exchange(s)
	p.deleveraged(s)
	p.collateral(s)
	p.impact(s)
	p.experiments(s)
	p.groups(s)
	p.comparisons(s)
	p.envelope(s)
	p.expectations(s)
	p.rulebook(s)
	p.assumptions(s)
	if t.Dir != "" {
		p.line("Written to %s: %s", t.Dir, strings.Join([]string{HTMLFile, SummaryFile, EventsFile, StepsFile, AccountsFile, ManifestFile}, ", "))
	}
	return p.err
}

func (p *printer) line(format string, args ...any) {
	if p.err != nil {
		return
	}
	l := fmt.Sprintf(format, args...)
	if p.Width == 0 {
		l = ascii.Replace(l)
	}
	_, p.err = fmt.Fprintln(p.w, l)
}

// ascii keeps plain text readable for programs: signs and dashes as the keyboard has them.
var ascii = strings.NewReplacer("−", "-", "–", "-", " · ", ", ", "×", "x")

// wrapped prints a paragraph broken at the terminal's width.
func (p *printer) wrapped(first, rest, s string) {
	if p.Width == 0 {
		p.line("%s%s", first, s)
		return
	}
	broken := text.WrapSoft(s, max(30, p.Width-len([]rune(first))))
	for i, l := range strings.Split(broken, "\n") {
		if i > 0 {
			first = rest
		}
		p.line("%s%s", first, strings.TrimRight(l, " "))
	}
}

func (p *printer) strong(s string) string {
	if p.Width > 0 && p.Color {
		return text.Bold.Sprint(s)
	}
	return s
}

func (p *printer) warning(s string) string {
	if p.Width > 0 && p.Color {
		return text.Colors{text.Bold, text.FgYellow}.Sprint(s)
	}
	return s
}

func (p *printer) section(title string) { p.line("\n%s", p.strong(title)) }

// table prints rows under a header; the columns named in right are set to the right. A table that is wider than the terminal
// loses its last columns' space before anything wraps.
func (p *printer) table(header table.Row, rows []table.Row, left ...int) {
	t := table.NewWriter()
	style := table.StyleLight
	if p.Width == 0 {
		style = table.StyleDefault
	}
	style.Options = table.OptionsNoBordersAndSeparators
	style.Options.SeparateHeader = true
	style.Format.Header = text.FormatDefault
	style.Box.PaddingLeft, style.Box.PaddingRight = "", "  "
	t.SetStyle(style)
	if p.Width > 0 {
		t.Style().Size.WidthMax = p.Width
	}
	var columns []table.ColumnConfig
	for i := range header {
		c := table.ColumnConfig{Number: i + 1, Align: text.AlignRight, AlignHeader: text.AlignRight}
		if i == 0 || slices.Contains(left, i) {
			c.Align, c.AlignHeader = text.AlignLeft, text.AlignLeft
		}
		columns = append(columns, c)
	}
	t.SetColumnConfigs(columns)
	t.AppendHeader(header)
	t.AppendRows(rows)
	for _, l := range strings.Split(t.Render(), "\n") {
		p.line("%s", strings.TrimRight(l, " "))
	}
}

func (p *printer) heading(s *Summary) {
	p.line("%s", p.strong(s.Scenario.Title))
	p.line("%s to %s UTC · %s · seed %d · prices %s, %s", clock(s.Scenario.From), clock(s.Scenario.To), s.Scenario.Venue, s.Scenario.Seed,
		s.Scenario.PriceMode, s.Scenario.Intrabar)
	if s.Data.Reconstructed() {
		p.line("%s", p.warning("RECONSTRUCTED DATA"))
		p.wrapped("  ", "  ", "The prices of "+s.Data.Name+" were made from published points, not recorded. Lows and times at those points are real, the path between them is not. Use --data for recorded prices.")
	} else {
		p.line("Data: %s", strings.Join(nonempty(s.Data.Name, s.Data.Title, s.Data.Provenance), ", "))
	}
}

func nonempty(words ...string) []string {
	var list []string
	for _, w := range words {
		if w != "" {
			list = append(list, w)
		}
	}
	return list
}

func (p *printer) prices(s *Summary) {
	p.section(fmt.Sprintf("Market: %s ticks from %s bars", count(s.Market.Ticks), count(s.Market.Candles)))
	var rows []table.Row
	for i, m := range s.Market.Instruments {
		f := Flow{Notional: "0"}
		if i < len(s.Liquidations.ByInstrument) {
			f = s.Liquidations.ByInstrument[i].Flow
		}
		rows = append(rows, table.Row{m.Symbol, price(m.Open), price(m.Low), clock(m.LowTime), signed(m.Fall), price(m.Close), m.Interval, shortOf(f.Notional), share(f.LongShare)})
	}
	p.table(table.Row{"instrument", "open", "low", "at", "fall", "close", "bars", "liquidated", "long"}, rows)
}

// signed prints a ratio with a sign: "−12.3%".
func signed(n Number) string {
	if !n.Exists() {
		return "–"
	}
	s := share(Number(math.Abs(float64(n))))
	switch {
	case n < 0:
		return "−" + s
	case n > 0:
		return "+" + s
	}
	return s
}

func (p *printer) exchange(s *Summary) {
	l, f := s.Liquidations, s.InsuranceFund
	p.section("Exchange")
	var rows []table.Row
	add := func(what, value, detail string) { rows = append(rows, table.Row{what, value, detail}) }
	add("liquidated", amount(l.Notional), fmt.Sprintf("%s accounts, %s events, %s long, rounds a tick: at most %d", count(l.Accounts), count(l.Events), share(l.LongShare), l.RoundsMax))
	for _, g := range l.ByGroup {
		if len(l.ByGroup) <= 4 || g.Group == "crowd" {
			add("  "+g.Group, amount(g.Notional), fmt.Sprintf("%s accounts, %s long", count(g.Accounts), share(g.LongShare)))
		}
	}
	add("insurance fund", amount(f.Closing), fmt.Sprintf("from %s: +%s −%s, low %s at %s", amount(f.Opening), amount(f.Inflow), amount(f.Outflow), amount(f.Low), clock(f.LowTime)))
	if f.Inventory != nil {
		for _, l := range f.Inventory.Lines() {
			add(l[0], l[1], l[2])
		}
	}
	add("auto-deleveraged", amount(s.ADL.Notional), fmt.Sprintf("%s accounts, %s fills, haircut %s", count(s.ADL.Accounts), count(s.ADL.Events), amount(s.ADL.Haircut)))
	add("socialized loss", amount(s.Socialized), "")
	add("fees", amount(s.Fees), "of trades, to the exchange")
	add("liquidation fees", amount(s.LiquidationFees), "to the insurance fund; the fees of groups are both")
	add("funding", amount(s.FundingPaid), "paid by accounts, net")
	add("ledger imbalance", s.Ledger.Imbalance, "of "+amount(s.Ledger.ClosingTotal)+" held")
	p.table(table.Row{"", "quote", ""}, rows, 2)
}

func (p *printer) groups(s *Summary) {
	if len(s.Groups) == 0 {
		return
	}
	p.section("Groups: did they survive? (P&L per account in quote, after fees and funding)")
	var rows []table.Row
	for _, g := range s.Groups {
		rows = append(rows, table.Row{g.Name, count(g.Accounts), probability(g.LiquidationProbability), outOf(g.Stopped, g.Accounts-g.Refused),
			outOf(g.Deleveraged, g.Accounts-g.Refused), number(g.PnL.Median), number(g.PnL.Mean), number(g.PnL.P05), number(g.PnL.ExpectedShortfall),
			duration(g.TimeToLiquidation.MedianSeconds)})
	}
	p.table(table.Row{"group", "accounts", "liquidated", "stopped", "ADL", "median P&L", "mean", "p05", "ES 95%", "time to liq."}, rows)
	for _, g := range s.Groups {
		if g.Refused > 0 {
			p.line("%s: %s of %s entries were refused by the exchange and are left out", g.Name, count(g.Refused), count(g.Accounts))
		}
	}
}

// probability prints an estimate and its interval: "12.3% (11.9–12.8)".
func probability(i Interval) string {
	if !i.Estimate.Exists() {
		return "–"
	}
	return fmt.Sprintf("%s (%s–%s)", share(i.Estimate), strings.TrimSuffix(share(i.Low), "%"), strings.TrimSuffix(share(i.High), "%"))
}

func outOf(n, total int) string {
	if total == 0 {
		return "–"
	}
	return share(Number(float64(n) / float64(total)))
}

func (p *printer) comparisons(s *Summary) {
	if len(s.Comparisons) == 0 {
		return
	}
	p.section("What the rule changed: A − B over the same entries (" + percent(float64(level(s))) + " intervals)")
	var rows []table.Row
	for _, c := range s.Comparisons {
		rows = append(rows, table.Row{c.A, c.B, count(c.Pairs), points(c.Metrics[MetricLiquidationProbability]), money(c.Metrics[MetricPnLMean]),
			money(c.Metrics[MetricExpectedShortfall]), count(c.LiquidationsAvoided), count(c.WinnersCut)})
	}
	p.table(table.Row{"A", "B", "pairs", "liquidated, points", "mean P&L", "ES 95%", "avoided", "winners cut"}, rows, 1)
	p.wrapped("", "", "avoided: only B was liquidated. winners cut: B ended with a profit, A was stopped with less. "+capital(s.Comparisons[0].Metrics[MetricPnLMean].Method)+".")
}

func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

func level(s *Summary) Number {
	for _, c := range s.Comparisons {
		return c.Metrics[MetricPnLMean].Level
	}
	return undefined
}

// points prints a difference of probabilities in percentage points with its interval.
func points(m Metric) string {
	f := func(n Number) string {
		if !n.Exists() {
			return "–"
		}
		return minus(strconv.FormatFloat(roundZero(float64(n)*100, 1), 'f', 1, 64))
	}
	return bracket(f, m)
}

// money prints a difference of amounts with its interval.
func money(m Metric) string { return bracket(number, m) }

func bracket(f func(Number) string, m Metric) string {
	if !m.Low.Exists() {
		return f(m.Difference)
	}
	return fmt.Sprintf("%s [%s, %s]", f(m.Difference), f(m.Low), f(m.High))
}

// roundZero keeps -0.04 from printing as -0.0.
func roundZero(x float64, decimals int) float64 {
	scale := math.Pow10(decimals)
	if r := math.Round(x*scale) / scale; r != 0 {
		return r
	}
	return 0
}

func minus(s string) string {
	if strings.HasPrefix(s, "-") {
		return "−" + s[1:]
	}
	return s
}

func (p *printer) envelope(s *Summary) {
	if s.Envelope == nil {
		return
	}
	p.section("Envelope: liquidated accounts by the path assumed inside the bars")
	header := table.Row{"group", "accounts"}
	for _, policy := range s.Envelope.Policies {
		header = append(header, policy)
	}
	header = append(header, "end otherwise")
	var rows []table.Row
	for _, g := range s.Envelope.Groups {
		row := table.Row{g.Name, count(g.Accounts)}
		for _, n := range g.Liquidated {
			row = append(row, outOf(n, g.Accounts))
		}
		rows = append(rows, append(row, outOf(g.Differ, g.Accounts)))
	}
	p.table(header, rows)
}

func (p *printer) expectations(s *Summary) {
	if len(s.Expectations) == 0 {
		return
	}
	within := 0
	for _, e := range s.Expectations {
		if e.Within {
			within++
		}
	}
	p.section(fmt.Sprintf("Published figures beside this run: %d of %d within their bands (they inform, and fail nothing)", within, len(s.Expectations)))
	for _, e := range s.Expectations {
		verdict := "outside"
		switch {
		case !e.Value.Exists():
			verdict = "no such metric in this run; published"
		case e.Within:
			verdict = "within"
		}
		p.line("  %s = %s, %s %s", e.Metric, plain(e.Value), verdict, expected(e))
		p.wrapped("    ", "    ", strings.Join(nonempty(e.Source, quality(e.Quality), fitted(e.Fitted), e.Note), "; "))
	}
}

// plain prints a figure with separated thousands and up to four decimals, below 0.1 four significant digits.
func plain(n Number) string {
	if !n.Exists() {
		return "–"
	}
	if size := math.Abs(float64(n)); size > 0 && size < 0.1 {
		decimals := min(3-int(math.Floor(math.Log10(size))), 12)
		return minus(trimZeros(strconv.FormatFloat(float64(n), 'f', decimals, 64)))
	}
	if math.Abs(float64(n)) < 10 {
		return minus(trimZeros(strconv.FormatFloat(float64(n), 'f', 4, 64)))
	}
	return grouped(float64(n), 2)
}

func expected(e Expectation) string {
	if e.Low == e.High {
		return plain(e.Low)
	}
	return plain(e.Low) + " to " + plain(e.High)
}

func fitted(yes bool) string {
	if !yes {
		return ""
	}
	return "the scenario was fitted to it"
}

func quality(letter string) string {
	if letter == "" {
		return ""
	}
	return "quality " + letter
}

func (p *printer) assumptions(s *Summary) {
	p.section("Assumed")
	for _, a := range s.Assumptions {
		p.wrapped("  - ", "    ", a)
	}
	p.line("")
}
