package venue

import (
	"fmt"
	"strings"
)

// Invalid is a rulebook that cannot be used, with everything that is wrong with it.
type Invalid struct {
	Name     string // the file
	Findings []string
}

// mostPrinted is how many findings the message of an Invalid holds; `backtest venue check` lists all.
const mostPrinted = 10

// Error prints one finding after the file's name, several one a line.
func (e *Invalid) Error() string {
	if len(e.Findings) == 1 {
		return e.Name + ": " + e.Findings[0]
	}
	var s strings.Builder
	fmt.Fprintf(&s, "%s: %d findings", e.Name, len(e.Findings))
	for _, f := range e.Findings[:min(len(e.Findings), mostPrinted)] {
		s.WriteString("\n  " + f)
	}
	if more := len(e.Findings) - mostPrinted; more > 0 {
		fmt.Fprintf(&s, "\n  and %d more: `backtest venue check %s` lists all", more, e.Name)
	}
	return s.String()
}

// find notes something wrong with the file.
func (b *builder) find(format string, args ...any) {
	b.findings = append(b.findings, fmt.Sprintf(format, args...))
}
