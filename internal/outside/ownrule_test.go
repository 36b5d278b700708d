package outside

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestOwnRuleOutsideOfTheTree copies the example module to a directory of its own, replaces the dependency by this tree, and
// builds and runs it without a network: modules come from the module cache, as those of this module do.
func TestOwnRuleOutsideOfTheTree(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a program")
	}
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("the go command is not there; it builds the example module")
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	example := filepath.Join(root, "docs", "examples", "ownrule")
	dir := t.TempDir()
	for _, name := range []string{"main.go", "go.mod", "scenario.yaml"} {
		text, err := os.ReadFile(filepath.Join(example, name))
		if err != nil {
			t.Fatal(err)
		}
		if name == "go.mod" {
			if !bytes.Contains(text, []byte("=> ../../..\n")) {
				t.Fatalf("go.mod of the example:\n%s\nexpected it to replace this module by its tree", text)
			}
			text = bytes.Replace(text, []byte("=> ../../..\n"), []byte("=> "+root+"\n"), 1)
		}
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	sums, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "go.sum"), sums, 0o644); err != nil {
		t.Fatal(err)
	}
	c := exec.Command("go", "run", ".", "scenario.yaml")
	c.Dir = dir
	c.Env = append(os.Environ(), "GOFLAGS=-mod=mod -buildvcs=false", "GOPROXY=off", "GOWORK=off")
	out, err := c.CombinedOutput()
	if err != nil {
		if strings.Contains(string(out), "module lookup disabled by GOPROXY=off") {
			t.Skipf("a module is not in the module cache, and tests use no network:\n%s", out)
		}
		t.Fatalf("%v\n%s", err, out)
	}
	// The price falls by three percent that morning, and the last multiple of 500 before an entry is less than half a
	// percent away.
	want := regexp.MustCompile(`(?m)^round stop: 1 setups, 1 stopped, 0 liquidated\nno stop: 1 setups, 0 stopped, `)
	if !want.Match(out) {
		t.Errorf("the example printed\n%s\nexpected %s", out, want)
	}
}
