package strategy

import (
	"fmt"
	"strings"

	"github.com/liquidation-lab/backtest/internal/spell"
)

// unknown lists the known names and guesses which one was meant.
func unknown(sentinel error, what, name string, known []string) error {
	hint := ""
	if guess, ok := spell.Nearest(name, known); ok {
		hint = fmt.Sprintf(": did you mean %q?", guess)
	}
	expected := "none"
	if len(known) > 0 {
		expected = strings.Join(known, ", ")
	}
	return fmt.Errorf("%w: unknown %s %q%s (known: %s)", sentinel, what, name, hint, expected)
}
