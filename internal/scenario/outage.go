package scenario

import (
	"github.com/liquidation-lab/backtest/pkg/market"
)

// Kinds of outages.
const (
	OutageDelayed = "delayed" // stops that are reached are executed at its end
	OutageRefused = "refused" // stops are not executed, and looked at again at its end
	OutageLatency = "latency" // stops that are reached in it are executed so much later
)

// Outage is a time in which the venue does not execute the orders of the rules under test, while liquidations go on. Entries and
// actions are refused in it, timed exits put off to its end; a latency concerns stops alone.
type Outage struct {
	From    market.Time `yaml:"from"`
	To      market.Time `yaml:"to"`
	Kind    string      `yaml:"kind"`
	Share   float64     `yaml:"share"`             // of the entries that it strikes, drawn by the seed, all rules of an entry alike
	Latency Duration    `yaml:"latency,omitempty"` // kind latency
}

func (s *Scenario) validateOutages(f *findings) {
	for i := range s.Outages {
		o, path := &s.Outages[i], "outages."+itoa(i)
		f.word(path+".kind", o.Kind, []string{OutageDelayed, OutageRefused, OutageLatency})
		if o.From == 0 || o.To <= o.From {
			f.add(path+".to", "%s to %s; expected a time after from", o.From, o.To)
		}
		if !(o.Share > 0 && o.Share <= 1) {
			f.add(path+".share", "%v; expected above 0, at most 1", o.Share)
		}
		if (o.Kind == OutageLatency) != (o.Latency > 0) {
			f.add(path+".latency", "%s; expected a time above 0, such as 2s, with kind: latency, and only with it", o.Latency)
		}
	}
}
