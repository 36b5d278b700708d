package scenario

import (
	"bytes"
	"testing"
)

// A copy that is changed leaves what it was copied from alone, down to the parameters of parts and the places of values.
func TestCloneSharesNothing(t *testing.T) {
	for _, name := range Names() {
		s, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		before := s.Canonical()
		c := s.Clone()
		if !bytes.Equal(before, c.Canonical()) {
			t.Fatalf("%s: the copy differs", name)
		}
		changes := []string{"seed=1"}
		if s.Crowd != nil {
			changes = append(changes, "crowd.leverage=[{leverage: 3, weight: 1}]", "crowd.accounts=3")
		}
		if s.Probes != nil && s.Probes.Factors != nil {
			changes = append(changes, "probes.factors.stop=[5%]", "probes.factors.leverage=[7]")
		}
		if s.Probes != nil && s.Probes.Experiment != nil {
			changes = append(changes, "probes.experiment.base.leverage=2", "probes.experiment.factors.1.levels.1.name=other")
		}
		if len(s.Over) > 0 {
			changes = append(changes, "over.0.name=other")
		}
		if err := c.Set(changes...); err != nil {
			t.Fatal(err)
		}
		if s.Probes != nil {
			c.Probes.Entries.Params["count"] = "1"
		}
		if !bytes.Equal(before, s.Canonical()) {
			t.Errorf("%s: changing the copy changed the scenario", name)
		}
	}
}
