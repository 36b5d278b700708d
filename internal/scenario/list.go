package scenario

import (
	"fmt"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// SplitList returns the elements of a YAML list such as [none, 2%, {kind: atr, multiple: 2}] as texts that Set reads.
func SplitList(text string) ([]string, error) {
	root, err := parseYAML("list", []byte(text))
	if err != nil {
		return nil, err
	}
	list, ok := root.(*ast.SequenceNode)
	if !ok || len(list.Values) == 0 {
		return nil, fmt.Errorf("%q; expected a list with at least one value, such as [5, 10, 20]", text)
	}
	var values []string
	seen := map[string]bool{}
	for _, n := range list.Values {
		v := strings.TrimSpace(n.String())
		if seen[v] {
			return nil, fmt.Errorf("%s stands twice in the list; keep one", v)
		}
		seen[v] = true
		values = append(values, v)
	}
	return values, nil
}
