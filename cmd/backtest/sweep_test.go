package main

import (
	"bytes"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

// killed is a sweep that takes long enough to be killed a few times: every variant is a run of the whole exchange.
var killed = []string{"sweep", "red-monday-2025-09-22", "--quiet", "--set", "crowd.accounts=300", "--set", "probes.entries={kind: random, count: 200, side: long}",
	"--grid", "probes.factors.leverage=[5, 10, 20]", "--grid", "crowd.long_share=0.3..0.7/0.05"}

// A sweep that is killed at random moments, and asked for again until it is done, writes the bytes of one that was left alone.
func TestSweepSurvivesKill(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there is no SIGKILL")
	}
	dir := t.TempDir()
	sweep := func(out string) *exec.Cmd {
		c := exec.Command("backtest", append(killed, "--out", filepath.Join(dir, out))...)
		c.Dir = dir
		return c
	}
	if text, err := sweep("alone").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	r := rand.New(rand.NewPCG(1, 7))
	kills, resumed := 0, 0
	for {
		c := sweep("killed")
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		if kills < 8 {
			time.AfterFunc(time.Duration(20+r.IntN(400))*time.Millisecond, func() { _ = c.Process.Kill() }) // it may have ended
		}
		err := c.Wait()
		if err == nil {
			break
		}
		if kills++; c.ProcessState.Exited() {
			t.Fatalf("ended by itself: %v", err)
		}
		if parts, err := os.ReadDir(filepath.Join(dir, "killed.partial", "parts")); err == nil && len(parts) > 0 {
			resumed++
		}
		if _, err := os.Stat(filepath.Join(dir, "killed")); err == nil {
			t.Fatal("a killed sweep has its directory")
		}
	}
	t.Logf("killed %d times, %d of them with parts", kills, resumed)
	entries, err := os.ReadDir(filepath.Join(dir, "alone"))
	if err != nil || len(entries) < 7 {
		t.Fatal(err, entries)
	}
	for _, e := range entries {
		a, err := os.ReadFile(filepath.Join(dir, "alone", e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if b, err := os.ReadFile(filepath.Join(dir, "killed", e.Name())); err != nil || !bytes.Equal(a, b) {
			t.Errorf("%s differs after %d kills (%v)", e.Name(), kills, err)
		}
	}
}
