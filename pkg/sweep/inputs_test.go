package sweep

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/liquidation-lab/backtest/pkg/report"
)

// scripted is solo with a stop from a script.
var scripted = strings.Replace(solo, "stop: [none]", "stop: [{kind: script, file: near.star}]", 1)

// stops is a script whose stop lies a share of the price away.
func stops(share string) []report.Script {
	return []report.Script{{Name: "near.star", Source: []byte("def stop(context):\n    return context.price * " + share + "\n")}}
}

// A sweep under way is one of its scripts: with another text under the same name it is another sweep, whose parts must not be
// mixed with those that are done. The finished directory keeps the script, and a copy that was changed is not passed on.
func TestScriptsBelongToThePlan(t *testing.T) {
	o := request(t, scripted, EngineAuto, "probes.factors.leverage=[5, 20]")
	o.Scripts = stops("0.01")
	first, err := Check(&o)
	if err != nil {
		t.Fatal(err)
	}
	dir := run(t, o, "scripted")
	kept, err := os.ReadFile(filepath.Join(dir, "script-1.star"))
	if err != nil || !bytes.Equal(kept, o.Scripts[0].Source) {
		t.Errorf("the script is kept as %q, %v", kept, err)
	}

	o.Dir = filepath.Join(t.TempDir(), "stopped")
	ctx, cancel := context.WithCancel(context.Background())
	o.Progress = func(int64, int64) { cancel() }
	o.Workers = 1
	if _, err := Run(ctx, o); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	o.Scripts, o.Progress = stops("0.05"), nil
	if other, err := Check(&o); err != nil || other.ID() == first.ID() {
		t.Errorf("two scripts make one plan (%v)", err)
	}
	if _, err := Run(context.Background(), o); err == nil || !strings.Contains(err.Error(), "another sweep left") {
		t.Errorf("%v; expected that parts of another script are refused", err)
	}

	o.Scripts, o.Shard, o.Dir = stops("0.01"), Shard{1, 1}, filepath.Join(t.TempDir(), "shard")
	if _, err := Run(context.Background(), o); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(o.Dir, "script-1.star"), []byte("# other\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Merge([]string{o.Dir}, filepath.Join(t.TempDir(), "merged")); err == nil || !strings.Contains(err.Error(), "script-1.star does not have the SHA-256") {
		t.Errorf("%v; expected that a changed copy is refused", err)
	}
}

const heldCrowd = `account,symbol,side,size,entry_price,leverage,margin_mode,wallet_balance,isolated_margin,stop
a,BTCUSDT,long,1,121000,20,isolated,,,
b,BTCUSDT,long,2,121000,3,isolated,,,
`

// A crowd from a file is on every variant, its file belongs to the plan, and no axis names another.
func TestCrowdFromAFile(t *testing.T) {
	text := strings.Replace(solo, "probes:", "crowd: {file: held.csv}\nprobes:", 1)
	o := request(t, text, EngineAuto, "insurance_fund.opening=[0, 1000]")
	o.Positions = &report.Positions{Name: "held.csv", Data: []byte(heldCrowd)}
	first, err := Check(&o)
	if err != nil {
		t.Fatal(err)
	}
	dir := run(t, o, "held")
	names, rows := table(t, filepath.Join(dir, ResultsFile))
	crowd := 0
	for _, row := range rows {
		if group, accounts := row[slices.Index(names, "group")], row[slices.Index(names, "accounts")]; group == "crowd" {
			if crowd++; accounts != "2" {
				t.Errorf("%s accounts of the crowd; expected the 2 of the file", accounts)
			}
		}
	}
	if crowd != 2 {
		t.Errorf("%d rows of the crowd; expected one for each variant", crowd)
	}
	if kept, err := os.ReadFile(filepath.Join(dir, "positions.csv")); err != nil || string(kept) != heldCrowd {
		t.Errorf("the file is kept as %q, %v", kept, err)
	}
	o.Positions = &report.Positions{Name: "held.csv", Data: []byte(strings.Replace(heldCrowd, ",20,", ",10,", 1))}
	if other, err := Check(&o); err != nil || other.ID() == first.ID() {
		t.Errorf("two crowds make one plan (%v)", err)
	}
	o = request(t, text, EngineAuto, "crowd.file=[held.csv, other.csv]")
	o.Positions = &report.Positions{Name: "held.csv", Data: []byte(heldCrowd)}
	if _, err := Check(&o); err == nil || !strings.Contains(err.Error(), "other.csv are not among the inputs") {
		t.Errorf("%v; expected that another file is refused", err)
	}
}

// OUT.partial of somebody else is left alone; what a sweep left before its plan was written is taken up.
func TestAForeignPartialIsLeftAlone(t *testing.T) {
	o := request(t, solo, EngineAuto, "probes.factors.leverage=[5, 10]")
	o.Dir = filepath.Join(t.TempDir(), "out")
	mine := filepath.Join(Partial(o.Dir), "thesis.txt")
	write := func(path string) {
		t.Helper()
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte("years of work"), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	write(mine)
	if _, err := Run(context.Background(), o); err == nil || !strings.Contains(err.Error(), "thesis.txt, which no sweep has written") {
		t.Errorf("%v; expected a refusal", err)
	}
	if _, err := os.Stat(mine); err != nil {
		t.Error(err)
	}
	if err := os.Remove(mine); err != nil {
		t.Fatal(err)
	}
	write(filepath.Join(Partial(o.Dir), report.ScenarioFile))
	write(filepath.Join(Partial(o.Dir), ".writing-1"))
	if _, err := Run(context.Background(), o); err != nil {
		t.Error(err)
	}
}

// One value more than an int64 counts would wrap to a negative number of values.
func TestRangesThatCannotBeCounted(t *testing.T) {
	if _, err := ParseAxis("insurance_fund.opening=0..92233720368.54775807/0.00000001"); err == nil || !strings.Contains(err.Error(), "fewer values than an int64 counts") {
		t.Errorf("%v; expected a refusal", err)
	}
	if a, err := ParseAxis("insurance_fund.opening=0..92233720368.54775806/0.00000001"); err != nil || a.Len() <= 0 {
		t.Errorf("%d values, %v", a.Len(), err)
	}
}
