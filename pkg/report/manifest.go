package report

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
)

// ManifestSchema is the version that manifest.json names.
const ManifestSchema = "backtest/manifest/v1"

// Manifest is manifest.json: what the run was made from and what it wrote, by hash. It has no wall clock: the same run
// gives the same manifest.
type Manifest struct {
	Schema    string         `json:"schema"`
	Program   Program        `json:"program"`
	Seed      uint64         `json:"seed"`
	Command   Command        `json:"command"`
	Scenario  NamedHash      `json:"scenario"`
	Rulebook  NamedHash      `json:"rulebook"`
	TradeList *NamedHash     `json:"trade_list,omitempty"` // of entries of kind list
	Positions *NamedHash     `json:"positions,omitempty"`  // that the crowd is taken from
	Scripts   []NamedHash    `json:"scripts,omitempty"`    // that parts of the scenario are made of
	Coupled   *Coupled       `json:"coupled,omitempty"`    // of one of several venues that were replayed together
	Data      DataProvenance `json:"data"`
	Files     []FileHash     `json:"files"`
}

// Program says what computed the run.
type Program struct {
	Module  string `json:"module"`
	Version string `json:"version"`
	Go      string `json:"go"`
	Arch    string `json:"goarch"`
	AMD64   string `json:"goamd64,omitempty"` // instruction-set level of the build
}

// NamedHash identifies the scenario, the rulebook, the trade list or a script; File is its copy in the run directory.
type NamedHash struct {
	Name   string `json:"name"`
	File   string `json:"file"`
	SHA256 string `json:"sha256"`
}

// Coupled says of which run of several venues under one clock a run directory is one; File is beside the directory.
type Coupled struct {
	Venue    string    `json:"venue"`
	Venues   []string  `json:"venues"`
	Scenario NamedHash `json:"scenario"` // of all venues; the run's own scenario is this venue alone
}

// DataProvenance lists the files of the catalog.
type DataProvenance struct {
	Name     string            `json:"name"`
	Metadata map[string]string `json:"metadata"`
	Files    []DataFile        `json:"files"`
}

// DataFile is one series of the catalog.
type DataFile struct {
	Path   string `json:"path"`
	Rows   int64  `json:"rows"`
	From   string `json:"from"`
	To     string `json:"to"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// FileHash is one file of the run directory.
type FileHash struct {
	Path   string `json:"path"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// Module is the path of this module.
const Module = "github.com/liquidation-lab/backtest"

// InputHashes returns a manifest of the inputs, without files.
func InputHashes(in Inputs) (*Manifest, error) {
	if in.Scenario == nil || in.Catalog == nil || in.Rulebook == nil {
		return nil, errors.New("manifest: a scenario, a catalog and a rulebook are needed")
	}
	m := &Manifest{Schema: ManifestSchema, Seed: in.Scenario.Seed, Command: in.Command,
		Program:  Program{Module: Module, Version: in.Version, Go: runtime.Version(), Arch: runtime.GOARCH, AMD64: buildSetting("GOAMD64")},
		Scenario: NamedHash{in.Scenario.Name, ScenarioFile, in.Scenario.Hash()},
		Rulebook: NamedHash{in.Rulebook.ID, RulebookFile, in.Rulebook.Hash()},
		Data:     DataProvenance{Name: in.Catalog.Name(), Metadata: in.Catalog.Metadata(), Files: []DataFile{}}}
	for _, s := range in.Catalog.Series() {
		m.Data.Files = append(m.Data.Files, DataFile{s.Path, s.Rows, s.From.String(), s.To.String(), s.Bytes, s.SHA256})
	}
	if l := in.TradeList; l != nil {
		m.TradeList = &NamedHash{l.Name, l.file(), l.hash()}
	}
	for i, s := range in.Scripts {
		m.Scripts = append(m.Scripts, NamedHash{s.Name, scriptFile(i), hash(s.Source)})
	}
	m.Coupled = in.Coupled
	if p := in.Positions; p != nil {
		m.Positions = &NamedHash{p.Name, p.file(), hash(p.Data)}
	}
	return m, nil
}

// newManifest hashes the inputs and the files that stand in dir so far.
func newManifest(in Inputs, dir string) (*Manifest, error) {
	m, err := InputHashes(in)
	if err != nil {
		return nil, err
	}
	names := []string{SummaryFile, EventsFile, StepsFile, AccountsFile}
	for _, c := range in.Copies() {
		names = append(names, c.Name)
	}
	for _, name := range names {
		if err := m.addFile(dir, name); err != nil {
			return nil, err
		}
	}
	return m, nil
}

func buildSetting(key string) string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, s := range info.Settings {
		if s.Key == key {
			return s.Value
		}
	}
	return ""
}

func (m *Manifest) addFile(dir, name string) error {
	h, err := hashFile(filepath.Join(dir, name))
	if err != nil {
		return err
	}
	h.Path = name
	m.Files = append(m.Files, h)
	return nil
}

func hashFile(path string) (FileHash, error) {
	f, err := os.Open(path)
	if err != nil {
		return FileHash{}, err
	}
	defer f.Close()
	sum := sha256.New()
	n, err := io.Copy(sum, f)
	return FileHash{Path: path, Bytes: n, SHA256: hex.EncodeToString(sum.Sum(nil))}, err
}

// JSON returns the manifest as manifest.json holds it.
func (m *Manifest) JSON() ([]byte, error) {
	b, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("manifest: %w", err)
	}
	return append(b, '\n'), nil
}
