package sweep

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/liquidation-lab/backtest/internal/scenario"
	"github.com/liquidation-lab/backtest/pkg/replay"
	"github.com/liquidation-lab/backtest/pkg/report"
	"github.com/liquidation-lab/backtest/pkg/risk/venue"
)

// PlanSchema is the version that plan.json names.
const PlanSchema = "backtest/sweep-plan/v1"

// Engines of a sweep.
const (
	EngineAuto     = "auto"     // scan where the variant is of its family, else exchange
	EngineExchange = "exchange" // a full run of each variant
	EngineScan     = "scan"     // package scan, or an error
)

// RequestError is a mistake in what was asked for, found before anything runs.
type RequestError struct{ Err error }

func (e *RequestError) Error() string { return e.Err.Error() }

// Unwrap returns the mistake.
func (e *RequestError) Unwrap() error { return e.Err }

// ExitCode is that of a wrong request.
func (e *RequestError) ExitCode() int { return 2 }

// Inputs are what a sweep is made from.
type Inputs struct {
	report.Inputs
	Axes   []Axis
	Design Design
	Engine string
	// FindRulebook finds the rulebook of a variant whose venue, or whose changes of its rules, are not those of the scenario.
	FindRulebook func(*scenario.Scenario) (*venue.Rulebook, error)
}

// Plan is plan.json: everything that the rows of a sweep are a function of, and what its report needs to know. Its hash
// names the sweep.
type Plan struct {
	Schema    string                `json:"schema"`
	Program   report.Program        `json:"program"`
	Title     string                `json:"title"`
	Scenario  report.NamedHash      `json:"scenario"`
	Rulebook  report.NamedHash      `json:"rulebook"`
	Venues    []report.NamedHash    `json:"venues,omitempty"` // of an axis over the venue
	TradeList *report.NamedHash     `json:"trade_list,omitempty"`
	Positions *report.NamedHash     `json:"positions,omitempty"` // that the crowd is taken from
	Scripts   []report.NamedHash    `json:"scripts,omitempty"`   // that parts of rules are made of
	Data      report.DataProvenance `json:"data"`
	Axes      []Axis                `json:"axes"`
	Design    Design                `json:"design"`
	Engine    string                `json:"engine"`
	Level     float64               `json:"level"` // of the intervals
	Variants  int64                 `json:"variants"`
	Chunk     int64                 `json:"chunk"` // variants of a part

	points *points
	lists  []bool // axes of keys that are lists, which take one value as a list of one
}

// fixedKeys are keys that no axis may change: they name the sweep, choose its data, ask for another command, or change no row.
var fixedKeys = []string{"schema", "name", "title", "description", "data", "over", "paths", "contagion", "events", "expectations", "comparisons", "statistics"}

// maxParts bounds the number of files that a sweep keeps until it is done.
const maxParts = 1024

// newPlan checks the request as a whole: every axis, the size of the design, every value of every list and the ends of every
// range, with all mistakes in one error.
func newPlan(in *Inputs) (*Plan, error) {
	points, err := in.Design.points(in.Axes)
	if err != nil {
		return nil, &RequestError{err}
	}
	m, err := report.InputHashes(in.Inputs)
	if err != nil {
		return nil, err
	}
	p := &Plan{Schema: PlanSchema, Program: m.Program, Title: in.Scenario.Title, Scenario: m.Scenario, Rulebook: m.Rulebook,
		TradeList: m.TradeList, Positions: m.Positions, Scripts: m.Scripts, Data: m.Data, Axes: in.Axes, Design: in.Design, Engine: in.Engine, Level: in.Scenario.Statistics.Level,
		Variants: points.count, Chunk: (points.count + maxParts - 1) / maxParts, points: points}
	for i := range in.Axes {
		p.lists = append(p.lists, in.Scenario.IsList(in.Axes[i].Key))
	}
	p.Data.Name = filepath.Base(p.Data.Name) // where the data lies does not name the sweep
	var errs []error
	for i := range in.Axes {
		errs = append(errs, p.checkAxis(in, i))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, &RequestError{err}
	}
	return p, nil
}

// checkAxis tries an axis' values one by one, the other axes at what the scenario says.
func (p *Plan) checkAxis(in *Inputs, i int) error {
	a := &in.Axes[i]
	head, _, _ := strings.Cut(a.Key, ".")
	if slices.Contains(fixedKeys, head) {
		return fmt.Errorf("--grid %s: the key is that of the sweep as a whole; expected a key that changes what happens, such as probes.factors.leverage or crowd.accounts", a.Key)
	}
	for _, b := range in.Axes[:i] {
		if a.Key == b.Key || strings.HasPrefix(a.Key, b.Key+".") || strings.HasPrefix(b.Key, a.Key+".") {
			return fmt.Errorf("--grid %s: sets the same as --grid %s; expected one axis for a key", a.Key, b.Key)
		}
		if a.Column() == b.Column() {
			return fmt.Errorf("--grid %s: is named as --grid %s in the table of results", a.Key, b.Key)
		}
	}
	tried := []int64{0, a.Len() - 1}
	if n := a.Len(); n <= 10_000 {
		tried = tried[:0]
		for k := range n {
			tried = append(tried, k)
		}
	}
	var errs []error
	for _, k := range tried {
		if err := p.checkValue(in, i, a.Value(k)); err != nil {
			if !in.Scenario.Has(a.Key) {
				return err // of the key, for every value alike
			}
			if errs = append(errs, err); len(errs) == 5 {
				break
			}
		}
	}
	return errors.Join(errs...)
}

func (p *Plan) checkValue(in *Inputs, axis int, value string) error {
	s, key := in.Scenario.Clone(), in.Axes[axis].Key
	if err := set(s, p.assignment(axis, value)); err != nil {
		return err
	}
	if held := crowdFile(s); held != "" && (in.Positions == nil || in.Positions.Name != held) {
		return fmt.Errorf("--grid %s=%s: the positions of crowd.file %s are not among the inputs of the sweep; expected one file for all variants: carry out a sweep for each", key, value, held)
	}
	if rulesOf(s) != rulesOf(in.Scenario) {
		book, err := in.FindRulebook(s)
		if err != nil {
			return fmt.Errorf("--grid %s=%s: %w", key, value, err)
		}
		p.Venues = append(p.Venues, report.NamedHash{Name: s.Venue, SHA256: book.Hash()})
	}
	if err := replay.CheckRules(s, in.Registry()); err != nil {
		return fmt.Errorf("--grid %s=%s: %w", key, value, asGrid(err))
	}
	return nil
}

// crowdFile is the file that a scenario's crowd is taken from, empty where it is drawn or there is none.
func crowdFile(s *scenario.Scenario) string {
	if s.Crowd == nil {
		return ""
	}
	return s.Crowd.File
}

// copies names the files of a sweep's directory that hold its inputs, with the hashes that they must have.
func (p *Plan) copies() []report.NamedHash {
	list := []report.NamedHash{p.Scenario, p.Rulebook}
	if p.TradeList != nil {
		list = append(list, *p.TradeList)
	}
	list = append(list, p.Scripts...)
	if p.Positions != nil {
		list = append(list, *p.Positions)
	}
	return list
}

// rulesOf tells the rulebooks of two scenarios apart: the venue, and the changes of its rules in the order of their names.
func rulesOf(s *scenario.Scenario) string { return s.Venue + fmt.Sprint(s.Rules) }

// assignment gives an axis a value.
func (p *Plan) assignment(axis int, value string) string {
	if p.lists[axis] && !strings.HasPrefix(value, "[") {
		value = "[" + value + "]"
	}
	return p.Axes[axis].Key + "=" + value
}

// set changes a scenario; errors name the flag of a sweep.
func set(s *scenario.Scenario, assignments ...string) error {
	if err := s.Set(assignments...); err != nil {
		return asGrid(err)
	}
	return nil
}

func asGrid(err error) error { return errors.New(strings.ReplaceAll(err.Error(), "--set ", "--grid ")) }

// values returns a variant's values, axis by axis.
func (p *Plan) values(variant int64) []string {
	place := p.points.at(variant)
	values := make([]string, len(place))
	for k := range place {
		values[k] = p.Axes[k].Value(place[k])
	}
	return values
}

// scenario returns a variant's scenario.
func (p *Plan) scenario(base *scenario.Scenario, values []string) (*scenario.Scenario, error) {
	s := base.Clone()
	assignments := make([]string, len(values))
	for k, v := range values {
		assignments[k] = p.assignment(k, v)
	}
	if err := set(s, assignments...); err != nil {
		return nil, &RequestError{fmt.Errorf("the values %s do not go together: %w", strings.Join(assignments, ", "), err)}
	}
	return s, nil
}

// parts returns the number of chunks.
func (p *Plan) parts() int64 { return (p.Variants + p.Chunk - 1) / p.Chunk }

// chunk returns the variants of a part: from <= variant < to.
func (p *Plan) chunk(part int64) (from, to int64) {
	return part * p.Chunk, min((part+1)*p.Chunk, p.Variants)
}

// json returns plan.json.
func (p *Plan) json() ([]byte, error) {
	b, err := json.MarshalIndent(p, "", "  ")
	return append(b, '\n'), err
}

// ID returns the SHA-256 of plan.json, which names the sweep.
func (p *Plan) ID() string {
	text, err := p.json()
	if err != nil {
		return hash(nil) // texts, numbers and lists of them always marshal
	}
	return hash(text)
}

// hash returns a SHA-256 in hexadecimal.
func hash(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// parsePlan reads plan.json.
func parsePlan(text []byte) (*Plan, error) {
	p := &Plan{}
	if err := json.Unmarshal(text, p); err != nil {
		return nil, err
	}
	if p.Schema != PlanSchema {
		return nil, fmt.Errorf("schema %q; expected %s", p.Schema, PlanSchema)
	}
	for i := range p.Axes {
		if err := p.Axes[i].layOut(); err != nil {
			return nil, err
		}
	}
	points, err := p.Design.points(p.Axes)
	if err != nil {
		return nil, err
	}
	if p.points = points; points.count != p.Variants || p.Chunk < 1 {
		return nil, fmt.Errorf("%d variants in chunks of %d; the design has %d", p.Variants, p.Chunk, points.count)
	}
	return p, nil
}
