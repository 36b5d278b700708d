package scenario

import "slices"

// ScriptKind is the kind of a part that is a function of a Starlark file.
const ScriptKind = "script"

// ScriptFile is a script that a scenario names, and the path at which it first does so.
type ScriptFile struct{ Name, Path string }

// Scripts lists the files of all parts of kind script, in the order of the scenario, each once. A part without a file is
// left out: the registry says what it lacks.
func (s *Scenario) Scripts() []ScriptFile {
	var all []ScriptFile
	add := func(path string, parts ...Part) {
		for _, p := range parts {
			name := p.Params["file"]
			if p.Kind == ScriptKind && name != "" && !slices.ContainsFunc(all, func(f ScriptFile) bool { return f.Name == name }) {
				all = append(all, ScriptFile{name, path})
			}
		}
	}
	if s.Probes == nil {
		return nil
	}
	add("probes.entries", s.Probes.Entries)
	for _, r := range s.Probes.Expand() {
		add(r.Place("sizing"), r.Sizing)
		add(r.Place("leverage"), r.Leverage)
		add(r.Place("stop"), r.Stop)
		add(r.Place("take_profit"), r.TakeProfit)
		add(r.Place("manage"), r.Manage...)
	}
	return all
}
