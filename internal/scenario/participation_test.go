package scenario_test

import (
	"strings"
	"testing"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// Absent, there is no bound; what is stated as the default leaves the hash, and what is stated otherwise is kept, also an interval of
// nothing, which is a tick.
func TestParticipation(t *testing.T) {
	s := parse(t, small)
	before := s.Hash()
	if e := s.Execution; e.Participation != 0 || e.ParticipationWithin() != market.Minute {
		t.Errorf("by default %v within %d ms", e.Participation, e.ParticipationWithin())
	}
	if err := s.Set("execution.participation=0", "execution.participation_interval=60s"); err != nil || s.Hash() != before {
		t.Errorf("what is the default already changes the hash (error %v)", err)
	}
	if err := s.Set("execution.participation=10%", "execution.participation_interval=0s"); err != nil {
		t.Fatal(err)
	}
	again := parse(t, string(s.Canonical()))
	if e := again.Execution; e.Participation != market.Scale/10 || e.ParticipationWithin() != 0 || again.Hash() != s.Hash() || s.Hash() == before {
		t.Errorf("after writing and reading: %v within %d ms", e.Participation, e.ParticipationWithin())
	}
	for _, wrong := range []string{"execution.participation=-1%", "execution.participation=1001", "execution.participation=much",
		"execution.participation_interval=366d", "execution.participation_interval=-1m"} {
		s = parse(t, small)
		key, _, _ := strings.Cut(wrong, "=")
		if err := s.Set(wrong); err == nil || !strings.Contains(err.Error(), key+": ") {
			t.Errorf("%s: error %v", wrong, err)
		}
	}
}
