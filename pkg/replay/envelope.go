package replay

import "context"

// envelope replays the window under the paths that visit the nearer extreme, the low and the high first. The recorder
// hears the first of them; the others tell how far the verdicts depend on what candles do not say.
func (p *plan) envelope(ctx context.Context, recorder Recorder) (*Result, error) {
	policies := []policy{nearestFirst, lowFirst, highFirst}
	p.total *= int64(len(policies))
	var result *Result
	var groups []EnvelopeGroup
	outcomes := make([][]outcome, len(policies))
	for k, w := range policies {
		r, t, err := p.passes(ctx, w, recorder)
		if err != nil {
			return nil, err
		}
		p.done += p.bars
		for i := range t.holders {
			outcomes[k] = append(outcomes[k], t.holders[i].outcome)
		}
		if k == 0 {
			result, recorder = r, nil
			groups = newEnvelopeGroups(r.Groups, len(policies))
		}
		if k == len(policies)-1 {
			p.compare(t.holders, outcomes, groups)
		}
	}
	result.Envelope = &EnvelopeResult{Groups: groups}
	for _, w := range policies {
		result.Envelope.Policies = append(result.Envelope.Policies, w.String())
	}
	return result, nil
}

func newEnvelopeGroups(names []string, policies int) []EnvelopeGroup {
	groups := make([]EnvelopeGroup, len(names))
	for i, name := range names {
		groups[i] = EnvelopeGroup{Name: name, Liquidated: make([]int, policies)}
	}
	return groups
}

// compare counts each group's accounts by outcome under the policies, those that were refused under all of them left
// out. An account has the same id under all of them:
// the crowd comes first, and every policy begins its bars at the same open, where probes enter.
func (p *plan) compare(holders []holder, outcomes [][]outcome, groups []EnvelopeGroup) {
	place := map[string]int{}
	for i := range groups {
		place[groups[i].Name] = i
	}
	for a := range holders {
		name := CrowdGroup
		if r := holders[a].rule; r != noRule {
			name = p.rules[r].Group
		}
		g := &groups[place[name]]
		differs, traded := false, false
		for k := range outcomes {
			if outcomes[k][a] == liquidated {
				g.Liquidated[k]++
			}
			differs = differs || outcomes[k][a] != outcomes[0][a]
			traded = traded || outcomes[k][a] != refused
		}
		if traded {
			g.Accounts++
		}
		if differs {
			g.Differ++
		}
	}
}
