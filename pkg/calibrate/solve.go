package calibrate

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"

	"gonum.org/v1/gonum/optimize"
)

// Parameter is a value of the model that may be changed within bounds.
type Parameter struct {
	Key       string
	Low, High float64
	Start     string // as the model has it before the fit: a number within the bounds
}

// Problem is what to fit to what. Evaluate gets a text for each parameter and returns a value for each target, NaN for a
// figure that the model does not have; it is called at most Runs times, one call after another.
type Problem struct {
	Parameters []Parameter
	Targets    []Target
	Runs       int
	Seed       uint64
	Evaluate   func(ctx context.Context, parameters []string) ([]float64, error)
	Progress   func(run int, loss float64) // may be nil
}

// Point is a choice of the parameters and what came of it.
type Point struct {
	Parameters []string
	Values     []float64 // by target
	Loss       float64   // sum of squares of the targets' losses
}

// Fit is the best point that was found, and how firmly it stands.
type Fit struct {
	Before, After Point
	Runs          int // evaluations made
	// Identified says of each target whether any parameter moves it: otherwise it says nothing about them, met or not.
	Identified []bool
	// Moves says of each parameter whether it moves any target: otherwise its fitted value means nothing.
	Moves []bool
	// Alike lists pairs of parameters whose effects on the targets are nearly proportional: only a combination is identified.
	Alike [][2]int
}

// significant is the number of digits that fitted values are written, and evaluated, with.
const significant = 4

// search is a problem under way.
type search struct {
	Problem
	ctx   context.Context
	seen  map[string]Point
	best  Point
	runs  int
	limit int // of runs, for the part of the search under way
	err   error
}

// errBudget ends a part of the search whose evaluations are used up.
var errBudget = errors.New("evaluations used up")

// Solve looks for the parameters with the least loss: the starting values; then a third of the runs on a seeded Latin
// hypercube over the bounds; then Nelder and Mead's simplex (gonum/optimize) from the best point, again from its result
// with a smaller simplex while runs are left. Two runs for each parameter are kept for the sensitivities at the end. Values
// are rounded to four significant digits before they are tried. A loss of zero, every target inside of its band, ends the
// search.
func Solve(ctx context.Context, p Problem) (*Fit, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	s := &search{Problem: p, ctx: ctx, seen: map[string]Point{}}
	start := make([]string, len(p.Parameters))
	for i := range start {
		start[i] = p.Parameters[i].Start
	}
	s.limit = p.Runs - 2*len(p.Parameters)
	before, err := s.at(start)
	if err != nil {
		return nil, err
	}
	if err := s.explore(s.limit / 3); err != nil {
		return nil, err
	}
	for size := 0.15; s.best.Loss > 0 && s.runs < s.limit && size > 0.005; size /= 2 {
		if err := s.simplex(size); err != nil {
			return nil, err
		}
	}
	fit := &Fit{Before: before, After: s.best}
	s.limit = p.Runs
	if err := s.sensitivities(fit); err != nil {
		return nil, err
	}
	fit.Runs = s.runs
	return fit, nil
}

func (p *Problem) check() error {
	if len(p.Parameters) == 0 || len(p.Targets) == 0 {
		return fmt.Errorf("calibrate: %d parameters, %d targets; expected at least one of each", len(p.Parameters), len(p.Targets))
	}
	if least := 3*len(p.Parameters) + 2; p.Runs < least {
		return fmt.Errorf("calibrate: %d runs for %d parameters; expected at least %d: one for the start, two each for the sensitivities, and some to search with", p.Runs, len(p.Parameters), least)
	}
	for _, x := range p.Parameters {
		if !(x.Low < x.High) {
			return fmt.Errorf("calibrate: %s from %v to %v; expected the low end first", x.Key, x.Low, x.High)
		}
		// The start takes part in the search: one beyond the bounds could come out of it as the best.
		if start, err := strconv.ParseFloat(x.Start, 64); err != nil || !(start >= x.Low && start <= x.High) {
			return fmt.Errorf("calibrate: %s is %s before the fit; expected a number within %v to %v: widen the bounds, or begin elsewhere with --set %s=VALUE", x.Key, x.Start, x.Low, x.High, x.Key)
		}
	}
	return nil
}

// at evaluates a point, once.
func (s *search) at(parameters []string) (Point, error) {
	key := strings.Join(parameters, " ")
	if p, ok := s.seen[key]; ok {
		return p, nil
	}
	if s.runs >= s.limit {
		return Point{}, errBudget
	}
	if err := s.ctx.Err(); err != nil {
		return Point{}, err
	}
	s.runs++
	values, err := s.Evaluate(s.ctx, parameters)
	if err != nil {
		return Point{}, err
	}
	if len(values) != len(s.Targets) {
		return Point{}, fmt.Errorf("calibrate: defect: %d values of %d targets", len(values), len(s.Targets))
	}
	p := Point{Parameters: append([]string(nil), parameters...), Values: values, Loss: total(s.Targets, values)}
	s.seen[key] = p
	if s.best.Parameters == nil || p.Loss < s.best.Loss {
		s.best = p
	}
	if s.Progress != nil {
		s.Progress(s.runs, s.best.Loss)
	}
	return p, nil
}

// text writes a place in the unit cube as values; beyond a bound it is mirrored back.
func (s *search) text(unit []float64) []string {
	out := make([]string, len(unit))
	for i, u := range unit {
		u = math.Mod(math.Abs(u), 2)
		if u > 1 {
			u = 2 - u
		}
		p := s.Parameters[i]
		out[i] = p.write(p.Low + float64(u*(p.High-p.Low)))
	}
	return out
}

// write rounds a value to the digits that it is tried and written with.
func (p Parameter) write(value float64) string {
	rounded, _ := strconv.ParseFloat(strconv.FormatFloat(value, 'g', significant, 64), 64) // its own output
	return strconv.FormatFloat(min(max(rounded, p.Low), p.High), 'f', -1, 64)
}

// unit is the inverse of text within the bounds.
func (s *search) unit(parameters []string) []float64 {
	out := make([]float64, len(parameters))
	for i, text := range parameters {
		p := s.Parameters[i]
		x, _ := strconv.ParseFloat(text, 64) // check read the start, and write wrote the others
		out[i] = (min(max(x, p.Low), p.High) - p.Low) / (p.High - p.Low)
	}
	return out
}

// explore evaluates n points of a Latin hypercube: each parameter takes each n-th of its range once.
func (s *search) explore(n int) error {
	r := rand.New(rand.NewPCG(s.Seed, 0x6c617469))
	order := make([][]int, len(s.Parameters))
	for i := range order {
		order[i] = r.Perm(n)
	}
	for k := range n {
		unit := make([]float64, len(s.Parameters))
		for i := range unit {
			unit[i] = (float64(order[i][k]) + r.Float64()) / float64(n)
		}
		if _, err := s.at(s.text(unit)); err != nil || s.best.Loss == 0 {
			return ignoreBudget(err)
		}
	}
	return nil
}

// simplex runs Nelder and Mead's method from the best point.
func (s *search) simplex(size float64) error {
	problem := optimize.Problem{
		Func: func(unit []float64) float64 {
			if s.err != nil {
				return math.Inf(1)
			}
			p, err := s.at(s.text(unit))
			if err != nil {
				s.err = err
				return math.Inf(1)
			}
			return p.Loss
		},
		Status: func() (optimize.Status, error) {
			if s.err != nil {
				return optimize.FunctionEvaluationLimit, nil
			}
			return optimize.NotTerminated, nil
		},
	}
	settings := &optimize.Settings{Converger: &converger{FunctionConverge: optimize.FunctionConverge{Absolute: 1e-6, Iterations: 4 * len(s.Parameters)}}, FuncEvaluations: 20 * s.Runs}
	_, err := optimize.Minimize(problem, s.unit(s.best.Parameters), settings, &optimize.NelderMead{SimplexSize: size})
	found := s.err
	s.err = nil
	return errors.Join(ignoreBudget(found), err)
}

// converger stops at a loss of zero, or when nothing gets better.
type converger struct{ optimize.FunctionConverge }

// Converged implements optimize.Converger.
func (c *converger) Converged(l *optimize.Location) optimize.Status {
	if l.F == 0 {
		return optimize.FunctionThreshold
	}
	return c.FunctionConverge.Converged(l)
}

func ignoreBudget(err error) error {
	if errors.Is(err, errBudget) {
		return nil
	}
	return err
}
