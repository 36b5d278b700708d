package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain lets the test binary stand in for the command in scripts.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"backtest": main})
}

// TestScripts runs testdata/script. $ROOT is the repository, $SHARED the real market data beside it; a script that needs
// those begins with [!shared] skip.
func TestScripts(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	shared := filepath.Join(root, "..", "shared", "data")
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			e.Setenv("ROOT", root)
			e.Setenv("SHARED", shared)
			return nil
		},
		Condition: func(name string) (bool, error) {
			if name != "shared" {
				return false, fmt.Errorf("unknown condition %s", name)
			}
			_, err := os.Stat(shared)
			return err == nil, nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"json": jsonField, "flip": flip, "copydir": copydir, "empty": empty},
	})
}

// jsonField implements `json FILE PATH VALUE`: the value at a path of keys and places joined by slashes is VALUE. A place
// [key=text] is the first element of a list whose key has that text; VALUE ? accepts anything that is there.
func jsonField(s *testscript.TestScript, negate bool, args []string) {
	if len(args) != 3 || negate {
		s.Fatalf("usage: json FILE PATH VALUE")
	}
	var v any
	s.Check(json.Unmarshal([]byte(s.ReadFile(args[0])), &v))
	for _, key := range strings.Split(args[1], "/") {
		v = child(s, v, key)
	}
	if got := fmt.Sprint(v); args[2] != "?" && got != args[2] {
		s.Fatalf("%s: %s is %s, expected %s", args[0], args[1], got, args[2])
	}
}

func child(s *testscript.TestScript, v any, key string) any {
	switch v := v.(type) {
	case map[string]any:
		if c, ok := v[key]; ok {
			return c
		}
	case []any:
		if name, text, ok := strings.Cut(strings.Trim(key, "[]"), "="); ok {
			for _, e := range v {
				if m, ok := e.(map[string]any); ok && fmt.Sprint(m[name]) == text {
					return e
				}
			}
		} else if i, err := strconv.Atoi(key); err == nil && i < len(v) {
			return v[i]
		}
	}
	s.Fatalf("there is no %s in %.200v", key, v)
	return nil
}

// flip implements `flip FILE`: one bit in the middle of a file changes.
func flip(s *testscript.TestScript, negate bool, args []string) {
	if len(args) != 1 || negate {
		s.Fatalf("usage: flip FILE")
	}
	path := s.MkAbs(args[0])
	b, err := os.ReadFile(path)
	s.Check(err)
	b[len(b)/2] ^= 1
	s.Check(os.WriteFile(path, b, 0o644))
}

// copydir implements `copydir FROM TO`.
func copydir(s *testscript.TestScript, negate bool, args []string) {
	if len(args) != 2 || negate {
		s.Fatalf("usage: copydir FROM TO")
	}
	s.Check(os.CopyFS(s.MkAbs(args[1]), os.DirFS(s.MkAbs(args[0]))))
}

// empty implements `empty DIR`: nothing is in a directory, hidden names included, or there is no such directory.
func empty(s *testscript.TestScript, negate bool, args []string) {
	if len(args) != 1 {
		s.Fatalf("usage: empty DIR")
	}
	entries, err := os.ReadDir(s.MkAbs(args[0]))
	if err != nil && !os.IsNotExist(err) {
		s.Check(err)
	}
	if (len(entries) == 0) == negate {
		s.Fatalf("%s has %d entries: %v", args[0], len(entries), entries)
	}
}
