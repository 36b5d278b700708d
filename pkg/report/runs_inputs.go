package report

import (
	"slices"
	"strconv"
	"strings"
)

// Kinds of inputs.
const (
	InputScenario  = "scenario"
	InputData      = "data"
	InputTradeList = "trade_list"
	InputRulebook  = "rulebook"
	InputProgram   = "program"
)

// inputTable collects keys in the order in which they first appear, with one value a run.
type inputTable struct {
	runs  int
	kind  string
	keys  []string
	value map[string][]string
}

func (t *inputTable) set(run int, key, value string) {
	if _, known := t.value[key]; !known {
		t.keys = append(t.keys, key)
		t.value[key] = make([]string, t.runs)
	}
	t.value[key][run] = value
}

// differing returns the keys that are not the same in all runs.
func (t *inputTable) differing() []InputDifference {
	list := []InputDifference{}
	for _, key := range t.keys {
		if values := t.value[key]; slices.ContainsFunc(values, func(v string) bool { return v != values[0] }) {
			list = append(list, InputDifference{t.kind, key, values})
		}
	}
	return list
}

// inputDifferences lists scenario keys, data, rulebook and program that are not the same in all runs. Seed and overrides are
// keys of the scenario.
func inputDifferences(runs []*comparedRun) []InputDifference {
	tables := map[string]*inputTable{}
	for _, kind := range []string{InputScenario, InputData, InputTradeList, InputRulebook, InputProgram} {
		tables[kind] = &inputTable{runs: len(runs), kind: kind, value: map[string][]string{}}
	}
	for i, r := range runs {
		for _, v := range r.scenario.Values() {
			tables[InputScenario].set(i, v.Path, v.Text)
		}
		m := r.Manifest
		tables[InputData].set(i, "name", m.Data.Name)
		for _, f := range m.Data.Files {
			tables[InputData].set(i, f.Path, f.SHA256)
		}
		if m.TradeList != nil {
			tables[InputTradeList].set(i, "sha256", m.TradeList.SHA256)
		}
		tables[InputRulebook].set(i, "id", r.rulebook.ID)
		tables[InputRulebook].set(i, "sha256", r.rulebook.Hash())
		tables[InputProgram].set(i, "version", m.Program.Version)
		tables[InputProgram].set(i, "go", strings.TrimSpace(m.Program.Go+" "+m.Program.Arch+" "+m.Program.AMD64))
	}
	list := []InputDifference{}
	for _, kind := range []string{InputScenario, InputData, InputTradeList, InputRulebook, InputProgram} {
		list = append(list, tables[kind].differing()...)
	}
	return list
}

// ruleDifferences lists the policies, parameters and fees in which the rulebooks differ, and how many of their fields have
// no source.
func ruleDifferences(runs []*comparedRun) []InputDifference {
	t := &inputTable{runs: len(runs), kind: InputRulebook, value: map[string][]string{}}
	for i, r := range runs {
		info := rulebookInfo(r.rulebook)
		for _, f := range info.Policies {
			t.set(i, f.Path, f.Value)
		}
		t.set(i, "fields", strconv.Itoa(info.Fields))
		t.set(i, "unsourced_fields", strconv.Itoa(info.Unsourced))
	}
	return t.differing()
}
