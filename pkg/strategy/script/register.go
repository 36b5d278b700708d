package script

import (
	"fmt"
	"io"
	"strings"

	"github.com/liquidation-lab/backtest/pkg/strategy"
)

// Kind is the name under which scripts are registered for every part of a rule.
const Kind = "script"

// NewRegistry returns a registry that holds the built-in rules and scripts.
func NewRegistry() *strategy.Registry {
	r := strategy.NewRegistry()
	if err := Register(r); err != nil {
		panic("strategy/script: defect: " + err.Error()) // a new registry has no rule of that name
	}
	return r
}

// Register adds scripts to a registry: {kind: script, file: my.star} for every part. Files are opened by Registry.Open.
func Register(r *strategy.Registry) error {
	read := func(p strategy.Params, function string) (*Program, error) {
		program, err := load(r, p)
		if err == nil && !program.Has(function) {
			err = fmt.Errorf("%w %s: has no function %s; it is what this part of a rule calls: def %s", ErrScript, program.Name, function, signatures[function])
		}
		return program, err
	}
	return first(
		r.RegisterEntry(Kind, doc("setups"), func(p strategy.Params) (strategy.Entry, error) {
			program, err := read(p, "setups")
			return entry{program}, err
		}),
		r.RegisterSizing(Kind, doc("size"), func(p strategy.Params) (strategy.Sizing, error) {
			program, err := read(p, "size")
			return sizing{program}, err
		}),
		r.RegisterLeverage(Kind, doc("leverage"), func(p strategy.Params) (strategy.Leverage, error) {
			program, err := read(p, "leverage")
			return leverage{program}, err
		}),
		r.RegisterStop(Kind, doc("stop"), func(p strategy.Params) (strategy.Stop, error) {
			program, err := read(p, "stop")
			return stop{program}, err
		}),
		r.RegisterTakeProfit(Kind, doc("take_profit"), func(p strategy.Params) (strategy.TakeProfit, error) {
			program, err := read(p, "take_profit")
			return takeProfit{program}, err
		}),
		r.RegisterManagement(Kind, doc("manage"), func(p strategy.Params) (strategy.Management, error) {
			program, err := read(p, "manage")
			return management{program}, err
		}),
	)
}

func first(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func doc(function string) strategy.Doc {
	return strategy.Doc{
		Summary: "a function of a Starlark file: def " + signatures[function],
		Formula: "what the script answers",
		Source:  "docs/SCRIPTS.md",
		Params: []strategy.Param{
			{Name: "file", Unit: "file name", Help: "the script, beside the scenario"},
			{Name: "args", Unit: "name=value, comma-separated", Optional: true, Help: `what the script finds in the dictionary args: "period=20, k=2"`},
		},
	}
}

func load(r *strategy.Registry, p strategy.Params) (*Program, error) {
	name := p["file"]
	if r.Open == nil {
		return nil, fmt.Errorf("%w: file %q: this program opens no scripts (Registry.Open is nil)", strategy.ErrParam, name)
	}
	args := map[string]string{}
	if p.Has("args") {
		for pair := range strings.SplitSeq(p["args"], ",") {
			key, value, ok := strings.Cut(pair, "=")
			if key = strings.TrimSpace(key); !ok || key == "" {
				return nil, fmt.Errorf(`%w: args: %q: expected name=value, comma-separated, such as "period=20, k=2"`, strategy.ErrParam, p["args"])
			}
			args[key] = strings.TrimSpace(value)
		}
	}
	file, err := r.Open(name)
	if err != nil {
		return nil, fmt.Errorf("script %s: %w", name, err)
	}
	defer file.Close()
	source, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("script %s: %w", name, err)
	}
	return Parse(name, source, args)
}
