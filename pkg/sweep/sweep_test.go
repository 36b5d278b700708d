package sweep

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/liquidation-lab/backtest/pkg/market/columnar"
)

// mixed has stops that package scan carries out and one that it does not, and a leverage that no entry allows.
var mixed = []string{"probes.factors.leverage=[3, 25, 125, 200]", "probes.factors.stop=[none, 0.5%, {kind: atr, multiple: 4, period: 14}, {kind: trailing, distance: 2%}]"}

func run(t testing.TB, o Options, name string) string {
	t.Helper()
	o.Dir = filepath.Join(t.TempDir(), name)
	if _, err := Run(context.Background(), o); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(Partial(o.Dir)); err == nil {
		t.Errorf("%s is still there", Partial(o.Dir))
	}
	return o.Dir
}

// table reads a table of results as text, row by row.
func table(t testing.TB, path string) (names []string, rows [][]string) {
	t.Helper()
	r, err := columnar.ReadTable(path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var columns []*columnar.Values
	for _, c := range r.Columns {
		v, err := r.Column(c.Name)
		if err != nil {
			t.Fatal(err)
		}
		columns, names = append(columns, v), append(names, c.Name)
	}
	for {
		n, err := r.Next()
		if errors.Is(err, io.EOF) {
			return names, rows
		}
		if err != nil {
			t.Fatal(err)
		}
		for k := range n {
			var row []string
			for _, v := range columns {
				switch {
				case v.Null != nil && v.Null[k]:
					row = append(row, "null")
				case v.Type == columnar.String:
					row = append(row, v.String[k])
				case v.Type == columnar.Float64:
					row = append(row, fmt.Sprint(v.Float64[k]))
				case v.Type == columnar.Int64:
					row = append(row, fmt.Sprint(v.Int64[k]))
				default:
					row = append(row, v.Int128[k].Big().String())
				}
			}
			rows = append(rows, row)
		}
	}
}

// The scan and the whole exchange give the same rows, but for the columns that only an exchange has.
func TestEnginesAgree(t *testing.T) {
	names, scanned := table(t, filepath.Join(run(t, request(t, solo, EngineAuto, mixed...), "auto"), ResultsFile))
	_, whole := table(t, filepath.Join(run(t, request(t, solo, EngineExchange, mixed...), "whole"), ResultsFile))
	if len(scanned) != 16 || len(whole) != 16 {
		t.Fatalf("%d and %d rows; expected 16", len(scanned), len(whole))
	}
	engines, impossible := map[string]int{}, 0
	for i := range whole {
		engines[scanned[i][1]]++
		if scanned[i][slices.Index(names, "error")] != "null" {
			impossible++
		}
		for k, name := range names {
			if name != "engine" && name != "insurance_fund_outflow" && name != "socialized_loss" && whole[i][k] != scanned[i][k] {
				t.Errorf("row %d, %s: %s by the exchange, %s by the scan", i, name, whole[i][k], scanned[i][k])
			}
		}
	}
	// 200x is above every tier's limit: with a stop of average true ranges its entries are refused one by one.
	if engines[EngineScan] == 0 || engines[EngineExchange] == 0 || impossible != 3 {
		t.Errorf("engines %v, %d impossible rows; expected both engines and 3", engines, impossible)
	}
}

// A position too large for the scan is carried out by the exchange.
func TestLargePositionsFallBack(t *testing.T) {
	huge := strings.Replace(strings.Replace(solo, "equity: 1_000", "equity: 4_000_000_000", 1), "fraction: 90%, exposure: leverage", "fraction: 80%", 1)
	o := request(t, huge, EngineAuto, "probes.factors.leverage=[1]", "probes.factors.equity=[1000, 4_000_000_000]")
	o.Dir = filepath.Join(t.TempDir(), "out")
	out, err := Run(context.Background(), o)
	if err != nil || out.Summary.Scanned != 1 || out.Summary.Rows != 2 || out.Summary.Empty != 0 {
		t.Errorf("%+v, %v; expected one row of two scanned", out, err)
	}
}

// Where the first variant has a stop that is not scanned, another is tried; where the scenario is not of the family, none is.
func TestScanIsTriedOnSeveralVariants(t *testing.T) {
	for text, want := range map[string]string{
		solo: "",
		strings.Replace(solo, "[BTCUSDT]", "[BTCUSDT, ETHUSDT]", 1):   "2 instruments move in step",
		strings.Replace(solo, "margin: isolated", "margin: cross", 1): "has a part that is not scanned",
		strings.Replace(solo, "side: long}", "side: both}", 1):        "entries of both sides",
	} {
		o := request(t, text, EngineAuto, "probes.factors.stop=[{kind: trailing, distance: 2%}, 1%, 2%, 3%]")
		o.Dir = filepath.Join(t.TempDir(), "out")
		out, err := Run(context.Background(), o)
		if err != nil {
			t.Fatal(err)
		}
		if scanned := out.Summary.Scanned; !strings.Contains(out.Reason, want) || (want == "") != (scanned == 3) || out.Summary.Rows != 4 {
			t.Errorf("reason %q, %d of %d rows scanned; expected %q", out.Reason, scanned, out.Summary.Rows, want)
		}
	}
}

// same compares two directories file by file.
func same(t testing.TB, a, b string) {
	t.Helper()
	list := func(dir string) (names []string) {
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			names = append(names, e.Name())
		}
		return names
	}
	if x, y := list(a), list(b); !slices.Equal(x, y) || len(x) < 7 {
		t.Fatalf("files %v and %v", x, y)
	}
	for _, name := range list(a) {
		x, err := os.ReadFile(filepath.Join(a, name))
		if err != nil {
			t.Fatal(err)
		}
		y, err := os.ReadFile(filepath.Join(b, name))
		if err != nil || !bytes.Equal(x, y) {
			t.Errorf("%s differs (%v)", name, err)
		}
	}
}

// The bytes do not depend on workers, interruptions or shards.
func TestBytesAreAFunctionOfTheRequest(t *testing.T) {
	o := request(t, solo, EngineAuto, "probes.factors.leverage=5..60/1", "probes.factors.stop=[none, 1%]")
	o.Workers = 1
	whole := run(t, o, "whole")
	o.Workers = 3
	same(t, whole, run(t, o, "workers"))

	// Stopped again and again, once with a part that is damaged and one that is half written.
	dir := filepath.Join(t.TempDir(), "stopped")
	o.Dir = dir
	starts := 0
	for ; ; starts++ {
		ctx, cancel := context.WithCancel(context.Background())
		o.Progress = func(done, total int64) {
			if done > int64(starts+1)*20 {
				cancel()
			}
		}
		_, err := Run(ctx, o)
		cancel()
		if err == nil {
			break
		}
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		if starts == 0 {
			parts, err := os.ReadDir(filepath.Join(Partial(dir), PartsFolder))
			if err != nil || len(parts) == 0 {
				t.Fatal(err, len(parts))
			}
			path := filepath.Join(Partial(dir), PartsFolder, parts[0].Name())
			text, _ := os.ReadFile(path)
			text[len(text)/2] ^= 1
			if err := errors.Join(os.WriteFile(path, text, 0o644), os.WriteFile(filepath.Join(filepath.Dir(path), ".writing-1"), text[:9], 0o644)); err != nil {
				t.Fatal(err)
			}
		}
	}
	if starts < 2 {
		t.Errorf("stopped %d times; expected several", starts)
	}
	same(t, whole, dir)

	o.Progress = nil
	var shards []string
	for i := range 3 {
		o.Shard = Shard{i + 1, 3}
		shards = append(shards, run(t, o, fmt.Sprint("shard", i)))
	}
	merged := filepath.Join(t.TempDir(), "merged")
	if _, err := Merge([]string{shards[2], shards[0], shards[1], shards[0]}, merged); err != nil {
		t.Fatal(err)
	}
	same(t, whole, merged)
	checkMergeErrors(t, shards, o)
}

func checkMergeErrors(t *testing.T, shards []string, o Options) {
	out := filepath.Join(t.TempDir(), "out")
	other := o
	other.Shard = Shard{1, 2}
	other.Axes = o.Axes[:1]
	strange := run(t, other, "strange")
	expect := func(want string, dirs ...string) {
		t.Helper()
		if _, err := Merge(dirs, out); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v; expected %q", err, want)
		}
		if _, err := os.Stat(out); err == nil {
			t.Error("a failed merge left a directory")
		}
	}
	expect("parts are in none of the shards", shards[0], shards[2])
	expect("different sweeps", shards[0], strange)
	expect("is no shard", shards[0], t.TempDir())
	parts, _ := os.ReadDir(filepath.Join(shards[1], PartsFolder))
	path := filepath.Join(shards[1], PartsFolder, parts[0].Name())
	text, _ := os.ReadFile(path)
	text[len(text)/2] ^= 1
	if err := os.WriteFile(path, text, 0o644); err != nil {
		t.Fatal(err)
	}
	expect("changed or damaged", shards...)
}

// Mistakes are found before anything runs.
func TestRequestsAreCheckedFirst(t *testing.T) {
	for _, c := range []struct {
		design Design
		axes   []string
		want   string
	}{
		{Design{Kind: Grid}, nil, "no axis"},
		{Design{Kind: Grid}, []string{"seed=1..2000/1", "crowd.accounts=1..2000/1", "insurance_fund.opening=1..2000/1"}, "a grid of 2000 x 2000 x 2000 variants; expected at most 1000000"},
		{Design{Kind: Grid}, []string{"seed=0..92233720368/0.00000001", "crowd.accounts=0..92233720368/0.00000001"}, "expected at most 1000000"},
		{Design{Kind: Sobol}, []string{"seed=[1, 2]"}, "0 samples"},
		{Design{Kind: "spiral"}, []string{"seed=[1, 2]"}, "expected grid, random or sobol"},
		{Design{Kind: Grid}, []string{"probes.factors.levrage=[1]"}, "did you mean leverage?"},
		{Design{Kind: Grid}, []string{"probes.factors.stop=[-2%]"}, "-2%"},
		{Design{Kind: Grid}, []string{"probes.factors.leverage=[5, many]"}, "many"},
		{Design{Kind: Grid}, []string{"probes.factors.leverage=0.5..2/0.5"}, "expected 1 to 1000"},
		{Design{Kind: Grid}, []string{"venue=[binance, mtgox]"}, "no rulebook"},
		{Design{Kind: Grid}, []string{"data=[a, b]"}, "the key is that of the sweep as a whole"},
		{Design{Kind: Grid}, []string{"over=[a]"}, "the key is that of the sweep as a whole"},
		{Design{Kind: Grid}, []string{"contagion.own_mark=[0.2, 0.5]"}, "the key is that of the sweep as a whole"},
		{Design{Kind: Grid}, []string{"paths.count=[1, 2]"}, "the key is that of the sweep as a whole"},
		{Design{Kind: Grid}, []string{"seed=[1]", "seed=[2]"}, "one axis for a key"},
		{Design{Kind: Grid}, []string{"probes=[1]", "probes.factors.leverage=[2]"}, "sets the same"},
	} {
		o := request(t, solo, EngineAuto, c.axes...)
		o.Design, o.Dir = c.design, filepath.Join(t.TempDir(), "out")
		_, err := Run(context.Background(), o)
		mistake := (*RequestError)(nil)
		if !errors.As(err, &mistake) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v; expected a RequestError with %q", c.axes, err, c.want)
		}
		if _, err := os.Stat(Partial(o.Dir)); err == nil {
			t.Errorf("%v: something was begun", c.axes)
		}
	}
}

// What another sweep left is not touched, and a directory that is there is not replaced.
func TestNothingIsOverwritten(t *testing.T) {
	o := request(t, solo, EngineAuto, "probes.factors.leverage=[5, 10]")
	o.Dir = filepath.Join(t.TempDir(), "out")
	if err := os.MkdirAll(Partial(o.Dir), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(Partial(o.Dir), PlanFile), []byte("{}"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Run(context.Background(), o); err == nil || !strings.Contains(err.Error(), "another sweep left") {
		t.Errorf("%v", err)
	}
	o.Dir = t.TempDir()
	if _, err := Run(context.Background(), o); err == nil || !strings.Contains(err.Error(), "never overwrites") {
		t.Errorf("%v", err)
	}
}
