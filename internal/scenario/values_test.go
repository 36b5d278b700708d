package scenario

import "testing"

// Every value can be given back to the path that it was listed under, and changes nothing there.
func TestValuesAreThoseThatSetTakes(t *testing.T) {
	for _, name := range Names() {
		s, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		before, listed := s.Hash(), map[string]string{}
		for _, v := range s.Values() {
			if listed[v.Path] != "" {
				t.Errorf("%s: %s is listed twice", name, v.Path)
			}
			listed[v.Path] = v.Text
			if err := s.Set(v.Path + "=" + v.Text); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		if s.Hash() != before {
			t.Errorf("%s: setting its own values changed it", name)
		}
		for path, want := range map[string]string{"venue": "binance/2025-10", "crowd.leverage.0.leverage": "2", "probes.factors.leverage.1": "3", "probes.factors.stop.0": "{kind: none}"} {
			if name == "october-10-2025" && listed[path] != want {
				t.Errorf("%s: %s is %q, expected %q", name, path, listed[path], want)
			}
		}
	}
}
