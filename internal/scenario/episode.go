package scenario

import (
	"fmt"
	"slices"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// Episode is one stretch of history that a scenario is put on: that of a scenario that ships, or a data set and a window.
type Episode struct {
	Scenario string `yaml:"scenario,omitempty"` // takes its data and its window
	Name     string `yaml:"name,omitempty"`     // of the run; default: the scenario's or the data's
	Data     string `yaml:"data,omitempty"`
	Window   Window `yaml:"window,omitempty"`
}

// maxEpisodes bounds how many runs one request makes.
const maxEpisodes = 100

// validateOver checks what the file alone decides about its episodes.
func (s *Scenario) validateOver(f *findings) {
	if len(s.Over) == 0 {
		return
	}
	if s.Data != "" || s.Window != (Window{}) {
		f.add("over", "is given beside data or window; expected one of them: the episodes say which data and which window")
	}
	if len(s.Over) > maxEpisodes {
		f.add("over", "%d episodes; expected at most %d", len(s.Over), maxEpisodes)
	}
	for i := range s.Over {
		path := "over." + itoa(i)
		e := &s.Over[i]
		switch {
		case e.Scenario == "" && e.Data == "" && e.Window == (Window{}):
			f.add(path, "says nothing; expected the name of a scenario that ships, or {name, data, window}")
		case e.Scenario != "" && (e.Data != "" || e.Window != (Window{})):
			f.add(path, "names scenario %s and data or a window; expected one of them", e.Scenario)
		case e.Scenario != "":
			f.word(path+".scenario", e.Scenario, Names())
		}
		if f.runName(path+".name", e.name(), "october") && slices.ContainsFunc(s.Over[:i], func(o Episode) bool { return o.name() == e.name() }) {
			f.add(path, "%q stands twice; give each a name of its own", e.name())
		}
		if e.Window.From != 0 && e.Window.To != 0 && e.Window.From >= e.Window.To {
			f.add(path+".window.to", "%s is not after from, %s", e.Window.To, e.Window.From)
		}
	}
}

// name is what the episode's run is called.
func (e *Episode) name() string {
	for _, name := range []string{e.Name, e.Scenario, e.Data} {
		if name != "" {
			return name
		}
	}
	return ""
}

// Stretch is an episode with the assignments that turn the scenario into the one of its run (Set).
type Stretch struct {
	Name        string
	Assignments []string
}

// Episodes returns the runs that a scenario with `over` asks for, in its order; none where it has no `over`. An error names
// the place of the episode.
func (s *Scenario) Episodes() ([]Stretch, error) {
	var list []Stretch
	for i := range s.Over {
		e := &s.Over[i]
		from, to, set := e.Window.From, e.Window.To, e.Data
		if e.Scenario != "" {
			other, err := Load(e.Scenario)
			if err == nil && len(other.Over) > 0 {
				err = fmt.Errorf("scenario %s is itself put on several episodes; expected one with data and a window of its own", e.Scenario)
			}
			if err != nil {
				return nil, s.At("over."+itoa(i), err)
			}
			from, to, set = other.Window.From, other.Window.To, other.Data
		}
		one := Stretch{e.name(), []string{"over=[]"}}
		add := func(key, value string) { one.Assignments = append(one.Assignments, key+"="+value) }
		if set != "" {
			add("data", set)
		}
		for key, t := range map[string]market.Time{"window.from": from, "window.to": to} {
			if t != 0 {
				add(key, t.String())
			}
		}
		slices.Sort(one.Assignments[1:])
		list = append(list, one)
	}
	return list, nil
}
