package scan

// fanOut is the number of values, or nodes, under one node of a tree: 16 floats are two cache lines.
const fanOut = 16

// minima answers "the first value at or after i that is at most x" in O(log n): level 0 holds the values, each level above
// the minimum of every sixteen of the one below.
type minima struct{ levels [][]float64 }

func newMinima(values []float64) *minima {
	m := &minima{levels: [][]float64{values}}
	for len(values) > fanOut {
		above := make([]float64, (len(values)+fanOut-1)/fanOut)
		for i := range above {
			group := values[i*fanOut : min((i+1)*fanOut, len(values))]
			least := group[0]
			for _, v := range group[1:] {
				least = min(least, v)
			}
			above[i] = least
		}
		m.levels = append(m.levels, above)
		values = above
	}
	return m
}

// first returns the first place from i to limit whose value is at most x, limit+1 where there is none. The search begins
// at i and looks further the higher it climbs, so a near place is found in a few comparisons.
func (m *minima) first(i, limit int, x float64) int {
	none := limit + 1
	for level := 0; level < len(m.levels); level++ {
		values := m.levels[level]
		if i >= len(values) || i<<(4*level) > limit {
			return none
		}
		end := min(i|(fanOut-1)+1, len(values))
		for k, v := range values[i:end] {
			if v <= x {
				return min(m.descend(level, i+k, x), none)
			}
		}
		i = end / fanOut // end is the next group's beginning, or that of all
		if end%fanOut != 0 {
			return none
		}
	}
	return none
}

// descend returns the first place under a node whose value is at most x; there is one.
func (m *minima) descend(level, i int, x float64) int {
	for ; level > 0; level-- {
		i *= fanOut
		values := m.levels[level-1]
		for values[i] > x {
			i++
		}
	}
	return i
}
