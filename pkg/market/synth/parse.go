package synth

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// Parse reads a file of control points and checks it. name stands for the file in errors, which list every finding
// with line, column and remedy.
func Parse(name string, data []byte) (*Points, error) {
	f, err := decode(name, data)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(data)
	r := reader{name: name, points: &Points{SHA256: hex.EncodeToString(sum[:])}}
	r.header(f)
	if len(r.errs) == 0 { // without a window and sources nothing below can be judged
		r.model(f)
		r.instruments(f)
	}
	if len(r.errs) > 0 {
		return nil, errors.Join(r.errs...)
	}
	return r.points, nil
}

// reader turns text into Points and collects what is wrong with it.
type reader struct {
	name   string
	points *Points
	errs   []error
}

func (r *reader) add(p place, format string, args ...any) {
	at := r.name
	if p.line > 0 {
		at = fmt.Sprintf("%s:%d:%d", r.name, p.line, p.column)
	}
	r.errs = append(r.errs, fmt.Errorf("%s: %w", at, fmt.Errorf(format, args...)))
}

var words = regexp.MustCompile(`^[a-z0-9]+([-_][a-z0-9]+)*$`)

const maxWindow = 14 * market.Day

func (r *reader) header(f *fileText) {
	p := r.points
	if f.Schema.value != Schema {
		r.add(f.Schema.place, "schema %q; expected %s", f.Schema.value, Schema)
	}
	if !words.MatchString(f.Name.value) {
		r.add(f.Name.place, "name %q; expected lower-case words joined by hyphens, such as october-10-2025", f.Name.value)
	}
	if f.Title.value == "" {
		r.add(f.Title.place, "title is absent; say in a line what is reconstructed")
	}
	p.Name, p.Title, p.Description = f.Name.value, f.Title.value, strings.TrimSpace(f.Description.value)
	p.From, p.To = r.time(f.From, "from"), r.time(f.To, "to")
	switch {
	case len(r.errs) > 0:
	case p.From%market.Hour != 0 || p.To%market.Hour != 0:
		r.add(f.From.place, "window %s to %s; expected whole hours", p.From, p.To)
	case p.To <= p.From || p.To-p.From > maxWindow:
		r.add(f.To.place, "to %s; expected after from %s and at most 14 days later", p.To, p.From)
	}
	seed, err := strconv.ParseUint(f.Seed.value, 10, 64)
	if err != nil {
		r.add(f.Seed.place, "seed %q; expected a whole number from 0 to 18446744073709551615", f.Seed.value)
	}
	p.Seed = seed
	p.Sources = map[string]string{}
	for key, citation := range f.Sources {
		if citation.value == "" {
			r.add(citation.place, "source %s has no citation; write who published it and where", key)
		}
		p.Sources[key] = citation.value
	}
	if len(p.Sources) == 0 {
		r.add(place{}, "sources are absent; every point needs one")
	}
}

func (r *reader) model(f *fileText) {
	m := &r.points.Model
	m.CommonShare = r.constant(f.Model.CommonShare, "model.common_share", 0, 1)
	m.MarkHalfLife = r.constant(f.Model.MarkHalfLife, "model.mark_half_life", 1, 600)
	m.Volatility = r.levels(f.Model.Volatility, "model.volatility", 0.00001, 0.1)
	m.DepthBid = r.levels(f.Model.Depth.Bid, "model.depth.bid", 0.001, 10)
	m.DepthAsk = r.levels(f.Model.Depth.Ask, "model.depth.ask", 0.001, 10)
	m.Funding, m.OpenInterest = map[string][]Level{}, map[string][]Level{}
	for _, name := range sortedKeys(f.Model.Funding) {
		list := f.Model.Funding[name]
		m.Funding[name] = r.levels(list, "model.funding."+name, -0.1, 0.1)
		r.settlements(list, m.Funding[name], name)
	}
	for _, name := range sortedKeys(f.Model.OpenInterest) {
		m.OpenInterest[name] = r.levels(f.Model.OpenInterest[name], "model.open_interest."+name, 0.001, 10)
	}
}

// fundingInterval is Binance's ordinary one: settlements at 00:00, 08:00 and 16:00 UTC.
const fundingInterval = 8 * market.Hour

// settlements checks that there is exactly one rate for each settlement of the window.
func (r *reader) settlements(list []levelText, levels []Level, name string) {
	if len(levels) == 0 {
		return
	}
	known := map[market.Time]bool{}
	for i, l := range levels {
		known[l.Time] = true
		if l.Time%fundingInterval != 0 || l.Time >= r.points.To {
			r.add(list[i].Time.place, "funding %s at %s; expected 00:00, 08:00 or 16:00 UTC inside the window", name, l.Time)
		}
	}
	for t := ceil(r.points.From, fundingInterval); t < r.points.To; t += fundingInterval {
		if !known[t] {
			r.add(list[0].Time.place, "funding %s has no rate for %s; add one, with quality assumed if none is published", name, t)
		}
	}
}

func ceil(t, step market.Time) market.Time { return (t + step - 1) / step * step }

// levels reads values at moments of the window, which have to ascend.
func (r *reader) levels(list []levelText, what string, low, high float64) []Level {
	if len(list) == 0 {
		r.add(place{}, "%s is absent; expected a list of {time, value, source, quality}", what)
		return nil
	}
	out := make([]Level, len(list))
	for i, l := range list {
		t := r.moment(l.Time, what)
		if i > 0 && t <= out[i-1].Time {
			r.add(l.Time.place, "%s: %s does not come after %s; order the list by time", what, t, out[i-1].Time)
		}
		out[i] = Level{t, r.number(l.Value, what, low, high), r.statement(l.Statement, l.Value.place, what)}
	}
	return out
}

func (r *reader) constant(l levelText, what string, low, high float64) Level {
	if l.Time.value != "" {
		r.add(l.Time.place, "%s holds for the whole window; remove time", what)
	}
	return Level{0, r.number(l.Value, what, low, high), r.statement(l.Statement, l.Value.place, what)}
}

var qualities = []string{"A", "B", "C", "D", "assumed"}

// statement checks that a number says where it comes from; an assumption has to be put in words.
func (r *reader) statement(s statementText, p place, what string) Statement {
	if s.Source.place.line > 0 {
		p = s.Source.place
	}
	if _, ok := r.points.Sources[s.Source.value]; !ok {
		r.add(p, "%s: source %q is not among sources; add its citation there", what, s.Source.value)
	}
	if !slices.Contains(qualities, s.Quality.value) {
		r.add(p, "%s: quality %q; expected %s", what, s.Quality.value, strings.Join(qualities, ", "))
	}
	if s.Quality.value == "assumed" && s.Note.value == "" {
		r.add(p, "%s: is assumed without a note; state the assumption", what)
	}
	return Statement{s.Source.value, s.Quality.value, s.Note.value}
}

func (r *reader) number(t text, what string, low, high float64) float64 {
	v, err := strconv.ParseFloat(strings.ReplaceAll(t.value, "_", ""), 64)
	if err != nil || math.IsNaN(v) || v < low || v > high {
		r.add(t.place, "%s: value %q; expected a number from %v to %v", what, t.value, low, high)
		return low
	}
	return v
}

func (r *reader) time(t text, what string) market.Time {
	v, err := market.ParseTime(t.value)
	if err != nil {
		r.add(t.place, "%s %q; expected a UTC time such as 2025-10-10T21:20:00Z", what, t.value)
	}
	return v
}

// moment reads a whole second inside of the window.
func (r *reader) moment(t text, what string) market.Time {
	found := len(r.errs)
	v := r.time(t, what+": time")
	if len(r.errs) > found {
		return r.points.From
	}
	switch {
	case v%market.Second != 0:
		r.add(t.place, "%s: %s; expected a whole second, the grid of the reconstruction", what, v)
	case v < r.points.From || v > r.points.To:
		r.add(t.place, "%s: %s lies outside of the window %s to %s; remove the point or widen the window", what, v,
			r.points.From, r.points.To)
	}
	return v
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
