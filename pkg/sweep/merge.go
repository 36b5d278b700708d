package sweep

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/liquidation-lab/backtest/pkg/report"
)

// Merge writes the directory of a whole sweep from the directories of its shards. Every part has to be in one of them; the
// bytes are those of a sweep that was never cut.
func Merge(shards []string, dir string) (*Summary, error) {
	if _, err := os.Lstat(dir); err == nil {
		return nil, &RequestError{fmt.Errorf("%s %w", dir, report.ErrExists)}
	}
	var plan []byte
	parts := map[int64]string{}
	for _, shard := range shards {
		text, err := os.ReadFile(filepath.Join(shard, PlanFile))
		if errors.Is(err, fs.ErrNotExist) {
			return nil, &RequestError{fmt.Errorf("%s is no shard: %s is missing; expected a directory that `backtest sweep --shard` wrote", shard, PlanFile)}
		} else if err != nil {
			return nil, err
		}
		if plan == nil {
			plan = text
		}
		if !bytes.Equal(plan, text) {
			return nil, &RequestError{fmt.Errorf("%s and %s are of different sweeps: their plans differ (scenario, data, axes, design or program)", shards[0], shard)}
		}
		s := &store{dir: shard, parts: map[int64]string{}}
		if err := s.readParts(false); errors.Is(err, fs.ErrNotExist) {
			return nil, &RequestError{fmt.Errorf("%s is no shard: it has no parts", shard)}
		} else if err != nil {
			return nil, err
		}
		for n, path := range s.parts {
			if other, twice := parts[n]; twice && filepath.Base(other) != filepath.Base(path) {
				return nil, fmt.Errorf("%s and %s are the same part with different results; the same program and data compute the same, so one of them is damaged or of another build", other, path)
			}
			parts[n] = path
		}
	}
	p, err := parsePlan(plan)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(shards[0], PlanFile), err)
	}
	if err := complete(p, parts); err != nil {
		return nil, err
	}
	return finish(p, hash(plan), shards[0], parts, dir)
}

// complete names the parts that no shard has.
func complete(p *Plan, parts map[int64]string) error {
	var missing []string
	lacking := int64(0)
	for n := range p.parts() {
		if _, ok := parts[n]; ok {
			continue
		}
		if lacking++; len(missing) < 8 {
			missing = append(missing, fmt.Sprint(n))
		}
	}
	for n := range parts {
		if n >= p.parts() {
			return fmt.Errorf("part %d of a sweep of %d parts; expected no such part", n, p.parts())
		}
	}
	if lacking == 0 {
		return nil
	}
	if lacking > int64(len(missing)) {
		missing = append(missing, "...")
	}
	return &RequestError{fmt.Errorf("%d of %d parts are in none of the shards: %s (of n shards, shard i has the parts that leave i-1 when divided by n); name all shards", lacking, p.parts(), strings.Join(missing, ", "))}
}

// ordered returns the paths of the parts in their order.
func ordered(parts map[int64]string) []string {
	numbers := make([]int64, 0, len(parts))
	for n := range parts {
		numbers = append(numbers, n)
	}
	slices.Sort(numbers)
	paths := make([]string, len(numbers))
	for i, n := range numbers {
		paths[i] = parts[n]
	}
	return paths
}
