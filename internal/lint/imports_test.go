package lint

import (
	"slices"
	"strconv"
	"strings"
	"testing"
)

// allowed says which packages of this module each of them may import outside of its tests. docs/ARCHITECTURE.md draws
// the same graph.
var allowed = map[string][]string{
	"pkg/market":          {},
	"pkg/market/columnar": {"pkg/market"},
	"pkg/market/archive":  {"pkg/market", "pkg/market/columnar"},
	"pkg/market/synth":    {"pkg/market", "pkg/market/columnar"},
	"pkg/risk/ledger":     {"pkg/market"},
	"pkg/risk/venue":      {"pkg/market"},
	"pkg/risk":            {"internal/mix", "pkg/market", "pkg/risk/ledger", "pkg/risk/venue"},
	"pkg/risk/calc":       {"internal/spell", "pkg/market", "pkg/risk/venue"},
	"pkg/strategy":        {"internal/mix", "internal/spell", "pkg/market"},
	"pkg/strategy/script": {"pkg/market", "pkg/strategy"},
	"internal/scenario":   {"internal/spell", "pkg/market", "pkg/strategy", "scenarios"},
	"pkg/calibrate":       {},
	"internal/mix":        {},
	"internal/spell":      {},
	"internal/oracle":     {"pkg/market", "pkg/risk", "pkg/risk/venue"},
	"internal/lint":       {},
	"data":                {},
	"scenarios":           {},
	"pkg/replay":          {"internal/mix", "internal/scenario", "pkg/market", "pkg/market/columnar", "pkg/replay/scan", "pkg/risk", "pkg/risk/venue", "pkg/strategy", "pkg/strategy/script"},
	"pkg/replay/scan":     {"pkg/market", "pkg/risk", "pkg/risk/venue", "pkg/strategy"},
	"pkg/report/stats":    {},
	"pkg/montecarlo":      {"pkg/market", "pkg/replay", "pkg/report/stats", "pkg/risk"},
	"pkg/report":          {"data", "internal/scenario", "internal/spell", "pkg/market", "pkg/market/columnar", "pkg/montecarlo", "pkg/replay", "pkg/report/stats", "pkg/risk", "pkg/risk/venue", "pkg/strategy", "pkg/strategy/script"},
	"pkg/sweep":           {"internal/scenario", "pkg/market", "pkg/market/columnar", "pkg/replay", "pkg/report", "pkg/report/stats", "pkg/risk/venue", "pkg/strategy", "pkg/strategy/script"},
	"cmd/backtest":        {"data", "internal/scenario", "internal/spell", "pkg/calibrate", "pkg/market", "pkg/market/archive", "pkg/market/columnar", "pkg/market/synth", "pkg/montecarlo", "pkg/replay", "pkg/report", "pkg/risk", "pkg/risk/calc", "pkg/risk/venue", "pkg/strategy", "pkg/strategy/script", "pkg/sweep"},

	"docs/examples/ownrule": {"data", "pkg/market", "pkg/market/columnar", "pkg/replay", "pkg/risk", "pkg/risk/venue", "pkg/strategy"},
	"internal/outside":      {},
}

// confined says where a third-party module may be used outside of tests, so that its successor is one place away.
var confined = map[string][]string{
	"github.com/apache/arrow":         {"pkg/market/columnar"},
	"github.com/spf13":                {"cmd/backtest"},
	"github.com/vbauerster/mpb":       {"cmd/backtest"},
	"github.com/goccy/go-yaml":        {"internal/scenario", "pkg/market/synth", "pkg/risk/venue"},
	"github.com/jedib0t/go-pretty":    {"cmd/backtest", "pkg/report"},
	"gonum.org/v1/gonum":              {"pkg/calibrate", "pkg/report", "pkg/report/stats"},
	"go.starlark.net":                 {"pkg/strategy/script"},
	"pgregory.net/rapid":              {},
	"github.com/google/go-cmp":        {},
	"github.com/rogpeppe/go-internal": {},
}

func TestImportsPointOneWay(t *testing.T) {
	for _, s := range sources(t) {
		if s.test {
			continue
		}
		list, known := allowed[s.folder]
		if !known && len(s.file.Imports) > 0 {
			t.Errorf("%s: package %s is not in the graph; add it to allowed in internal/lint and to docs/ARCHITECTURE.md", s.path, s.folder)
			continue
		}
		for _, imported := range s.file.Imports {
			name, err := strconv.Unquote(imported.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			if ours, ok := strings.CutPrefix(name, module+"/"); ok && !slices.Contains(list, ours) {
				t.Errorf("%s:%d: %s imports %s; expected one of %v", s.path, s.line(imported.Pos()), s.folder, ours, list)
			}
			for library, folders := range confined {
				if (name == library || strings.HasPrefix(name, library+"/")) && !slices.Contains(folders, s.folder) {
					t.Errorf("%s:%d: %s is used in %v only", s.path, s.line(imported.Pos()), library, folders)
				}
			}
		}
	}
}

// The oracle is what the engine is tested against; a program that contained it could lean on it.
func TestOracleIsImportedByTestsOnly(t *testing.T) {
	for folder, list := range allowed {
		if slices.Contains(list, "internal/oracle") {
			t.Errorf("%s may import internal/oracle; expected tests only", folder)
		}
	}
}

// Results must not depend on the clock or on a source of randomness that nobody seeded.
func TestNoClockInResults(t *testing.T) {
	for _, s := range sources(t) {
		if s.test || !strings.HasPrefix(s.folder, "pkg/") && !strings.HasPrefix(s.folder, "internal/") {
			continue
		}
		for _, imported := range s.file.Imports {
			switch imported.Path.Value {
			case `"math/rand"`, `"crypto/rand"`:
				t.Errorf("%s:%d: imports %s; expected math/rand/v2 with a seed", s.path, s.line(imported.Pos()), imported.Path.Value)
			}
		}
		for _, call := range []string{"time." + "Now(", "time." + "Since(", "rand." + "Int64(", "rand." + "Float64(", "rand." + "IntN("} {
			for n, line := range strings.Split(s.text, "\n") {
				if i := strings.Index(line, call); i >= 0 && (i == 0 || !isWord(line[i-1])) {
					t.Errorf("%s:%d: calls %s...); results are a function of scenario, data and seed", s.path, n+1, call)
				}
			}
		}
	}
}

func isWord(c byte) bool {
	return c == '.' || c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}
