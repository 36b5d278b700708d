package venue

import (
	"fmt"
	"slices"
	"strings"
)

// Fact is one stated value of a rulebook: its path in the file, the value, and its source as "title (date)" or "unsourced:
// reason".
type Fact struct {
	Path   string `json:"path"`
	Value  string `json:"value"`
	Source string `json:"source"`
}

const (
	unsourcedMark = "unsourced: "
	recalledMark  = ", from public knowledge"
)

// Sourced says whether a dated source was read for the value: it is neither unsourced nor recalled from public knowledge.
func (f Fact) Sourced() bool {
	return !strings.HasPrefix(f.Source, unsourcedMark) && !strings.HasSuffix(f.Source, recalledMark)
}

// Facts lists every value that the file states, in the order policies, parameters, fees, default, contracts. The rows of a
// tier table are one fact.
func (r *Rulebook) Facts() []Fact { return slices.Clone(r.facts) }

// Unsourced lists the values without a source that was read, as "path: reason", in the order of Facts.
func (r *Rulebook) Unsourced() []string {
	var list []string
	for _, f := range r.facts {
		if !f.Sourced() {
			list = append(list, f.Path+": "+strings.TrimPrefix(f.Source, unsourcedMark))
		}
	}
	return list
}

// fact notes a value and resolves where it comes from: a key under sources, or unsourced with a reason.
func (b *builder) fact(path, value, key, reason string) (source string) {
	source = b.source(path, key, reason)
	b.book.facts = append(b.book.facts, Fact{path, value, source})
	return source
}

// source resolves a source key to "title (date)".
func (b *builder) source(path, key, reason string) string {
	if key == unsourcedKey {
		if reason == "" {
			b.find("%s: unsourced without a reason, expected reason: why this value", path)
		}
		return unsourcedMark + reason
	}
	s, ok := b.file.Sources[key]
	if !ok {
		b.find("%s: source %q is not under sources; expected one of %s, or %s with a reason", path, key, strings.Join(sortedKeys(b.file.Sources), ", "), unsourcedKey)
		return ""
	}
	text := fmt.Sprintf("%s (%s)", s.Title, s.Date)
	if s.Recalled {
		text += recalledMark
	}
	return text
}
