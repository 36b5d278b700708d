package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// runData runs a command as the shell would and returns what it printed to standard output and its exit code.
func runData(t *testing.T, c *cobra.Command, args ...string) (out string, code int, err error) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	c.SetOut(&stdout)
	c.SetErr(&stderr)
	c.SetArgs(args)
	c.SilenceErrors, c.SilenceUsage = true, true
	if err = c.Execute(); err != nil {
		code = 1
		if e := (interface{ ExitCode() int })(nil); errors.As(err, &e) {
			code = e.ExitCode()
		}
	}
	return stdout.String(), code, err
}

const fiveMinutes = "timestamp,open,high,low,close,volume\n1760131200000,100,101.5,99.5,101,2\n1760131500000,101,102,100,101,3\n"

func TestDataImportInspectCheck(t *testing.T) {
	dir := t.TempDir()
	source := filepath.Join(dir, "BTCUSDT-5m.csv")
	if err := os.WriteFile(source, []byte(fiveMinutes), 0o644); err != nil {
		t.Fatal(err)
	}
	catalog := filepath.Join(dir, "catalog")
	out, code, err := runData(t, newDataImportCommand(), source, "--out", catalog)
	if code != 0 || !strings.Contains(out, "candles/5m/BTCUSDT.parquet") || !strings.Contains(out, "1 series, 2 rows") {
		t.Fatalf("import printed %q with exit code %d, %v", out, code, err)
	}
	if out, code, err = runData(t, newDataInspectCommand(), catalog); code != 0 || !strings.Contains(out, "2025-10-10T21:25:00Z") || !strings.Contains(out, "time open high low close volume") {
		t.Errorf("inspect printed %q with exit code %d, %v", out, code, err)
	}
	if out, code, err = runData(t, newDataInspectCommand(), source, "--json"); code != 0 || !strings.Contains(out, `"rows": 2`) {
		t.Errorf("inspect --json printed %q with exit code %d, %v", out, code, err)
	}
	if out, code, err = runData(t, newDataCheckCommand(), catalog); code != 0 || !strings.Contains(out, "0 errors, 0 warnings, 0 notes") {
		t.Errorf("check printed %q with exit code %d, %v", out, code, err)
	}
	if _, code, err = runData(t, newDataImportCommand(), source, "--out", catalog); code != 2 {
		t.Errorf("importing over a catalog: exit code %d, %v: expected 2", code, err)
	}
}

func TestDataExitCodes(t *testing.T) {
	dir := t.TempDir()
	bad, out := filepath.Join(dir, "BTCUSDT-5m.csv"), filepath.Join(dir, "catalog")
	if err := os.WriteFile(bad, []byte(strings.Replace(fiveMinutes, "101.5", "99", 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		command *cobra.Command
		args    []string
		code    int
		want    string
	}{
		"no source":         {newDataImportCommand(), []string{"--out", out}, 2, "at least one file or folder"},
		"no out":            {newDataImportCommand(), []string{bad}, 2, "--out is missing"},
		"no such file":      {newDataImportCommand(), []string{bad + "x", "--out", out}, 2, "expected a file or folder"},
		"unknown symbol":    {newDataImportCommand(), []string{bad, "--out", out, "--symbol", "ETHUSDT"}, 2, "expected one of BTCUSDT"},
		"bad contract size": {newDataImportCommand(), []string{bad, "--out", out, "--contract-size", "BTCUSD_PERP"}, 2, "SYMBOL=USD"},
		"bad choice":        {newDataImportCommand(), []string{bad, "--out", out, "--coin-margined", "maybe"}, 2, "convert or refuse"},
		"bad market":        {newDataImportCommand(), []string{bad, "--out", out, "--market", "moon"}, 2, "um, cm or spot"},
		"bad row":           {newDataImportCommand(), []string{bad, "--out", out}, 1, "BTCUSDT-5m.csv: line 2"},
		"check of bad row":  {newDataCheckCommand(), []string{bad}, 1, "1 error:"},
		"check of two":      {newDataCheckCommand(), []string{bad, bad}, 2, "expected one catalog"},
		"check of nothing":  {newDataCheckCommand(), []string{bad + "x"}, 2, "expected a file or folder"},
		"inspect bad row":   {newDataInspectCommand(), []string{bad}, 1, "line 2"},
	} {
		t.Run(name, func(t *testing.T) {
			_, code, err := runData(t, c.command, c.args...)
			if code != c.code || err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("exit code %d, error %v: expected %d and %q", code, err, c.code, c.want)
			}
			if _, err := os.Stat(out); err == nil {
				t.Error("a catalog was written")
			}
		})
	}
}
