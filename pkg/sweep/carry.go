package sweep

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/liquidation-lab/backtest/internal/scenario"
	"github.com/liquidation-lab/backtest/pkg/replay"
	"github.com/liquidation-lab/backtest/pkg/report"
	"github.com/liquidation-lab/backtest/pkg/risk/venue"
)

// carrier carries out variants, by package scan where it can. It is safe for concurrent use.
type carrier struct {
	in      *Inputs
	plan    *Plan
	scanner *replay.Scanner // nil: every variant needs the whole exchange
	reason  string          // why
	candles *replay.Memory
	held    *replay.PositionList // the crowd, where it comes from a file
	books   sync.Map             // rulebooks by rulesOf
}

// newCarrier decodes what the variants share.
func newCarrier(ctx context.Context, in *Inputs, p *Plan, workers int) (*carrier, error) {
	held, err := in.Held()
	if err != nil {
		return nil, err
	}
	c := &carrier{in: in, plan: p, candles: replay.NewMemory(in.Catalog), held: held}
	c.books.Store(rulesOf(in.Scenario), in.Rulebook)
	if in.Engine != EngineExchange {
		if err := c.tryScanner(ctx, workers); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// tryScanner finds out whether the sweep is of the family of package scan.
func (c *carrier) tryScanner(ctx context.Context, workers int) error {
	for i := range c.plan.Axes {
		if key := c.plan.Axes[i].Key; !strings.HasPrefix(key, "probes.factors.") && !strings.HasPrefix(key, "probes.rules.") {
			c.reason = fmt.Sprintf("the axis %s is not one of the rules", key)
		}
	}
	// Some variants may need the exchange where others do not, such as those with a trailing stop: a few are tried.
	n, more := c.plan.Variants, c.reason == ""
	for _, variant := range slices.Compact([]int64{0, n / 3, 2 * n / 3, n - 1}) {
		if !more {
			break
		}
		var err error
		if more, err = c.tryVariant(ctx, variant, workers); err != nil {
			return err
		}
	}
	if c.scanner == nil && c.in.Engine == EngineScan {
		return &RequestError{fmt.Errorf("--engine scan: %s; expected a sweep of the rules of one instrument without a crowd, or --engine auto", c.reason)}
	}
	return nil
}

// tryVariant makes a scanner from one variant, or says why it cannot be and whether another variant is worth a try.
func (c *carrier) tryVariant(ctx context.Context, variant int64, workers int) (more bool, err error) {
	s, err := c.plan.scenario(c.in.Scenario, c.plan.values(variant))
	if err != nil {
		return false, err
	}
	scanner, err := replay.NewScanner(ctx, replay.Options{Scenario: s, Catalog: c.in.Catalog, Rulebook: c.in.Rulebook, Registry: c.in.Registry(), Workers: workers})
	refused, impossible := (*replay.NotScannable)(nil), (*replay.ImpossibleRule)(nil)
	switch {
	case err == nil:
		c.scanner, c.reason = scanner, ""
		return false, nil
	case errors.As(err, &refused):
		c.reason = refused.Reason
		return refused.Rules, nil
	case errors.As(err, &impossible):
		c.reason = "a variant that was tried is impossible: " + impossible.Error()
		return true, nil
	}
	return false, err
}

// rows carries out one variant.
func (c *carrier) rows(ctx context.Context, variant int64) ([]row, error) {
	values := c.plan.values(variant)
	s, err := c.plan.scenario(c.in.Scenario, values)
	if err != nil {
		return nil, err
	}
	engine, result, groups, err := c.run(ctx, s)
	impossible := (*replay.ImpossibleRule)(nil)
	switch {
	case errors.As(err, &impossible):
		return []row{{variant: variant, engine: engine, values: values, error: impossible.Error()}}, nil
	case err != nil:
		return nil, fmt.Errorf("variant %d (%s): %w", variant, c.describe(values), err)
	}
	var list []row
	for _, g := range groups.Groups(result.Groups, c.plan.Level) {
		list = append(list, row{variant: variant, engine: engine, values: values, group: g, result: result})
	}
	return list, nil
}

// run replays a scenario.
func (c *carrier) run(ctx context.Context, s *scenario.Scenario) (engine string, r *replay.Result, groups *report.Collector, err error) {
	groups = report.NewCollector()
	if c.scanner != nil {
		r, err = c.scanner.Run(s, groups)
		if refused := (*replay.NotScannable)(nil); !errors.As(err, &refused) || c.in.Engine == EngineScan {
			return EngineScan, r, groups, err
		}
		groups = report.NewCollector()
	}
	book, err := c.rulebook(s)
	if err != nil {
		return EngineExchange, nil, nil, err
	}
	r, err = replay.Run(ctx, replay.Options{Scenario: s, Catalog: c.in.Catalog, Rulebook: book, Registry: c.in.Registry(), Positions: c.held, Workers: 1, Recorder: groups, Memory: c.candles})
	return EngineExchange, r, groups, err
}

func (c *carrier) rulebook(s *scenario.Scenario) (*venue.Rulebook, error) {
	key := rulesOf(s)
	if book, ok := c.books.Load(key); ok {
		return book.(*venue.Rulebook), nil
	}
	book, err := c.in.FindRulebook(s)
	if err == nil {
		c.books.Store(key, book)
	}
	return book, err
}

// describe names a variant for errors.
func (c *carrier) describe(values []string) string {
	words := make([]string, len(values))
	for k, v := range values {
		words[k] = c.plan.Axes[k].Key + "=" + v
	}
	return strings.Join(words, ", ")
}
