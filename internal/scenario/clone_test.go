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
		changes := []string{"crowd.leverage=[{leverage: 3, weight: 1}]", "seed=1", "crowd.accounts=3"}
		if s.Probes != nil {
			changes = append(changes, "probes.factors.stop=[5%]", "probes.factors.leverage=[7]")
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
