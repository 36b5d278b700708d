package scenario

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/liquidation-lab/backtest/scenarios"
)

// Load reads a scenario that ships with the program, by its name, or a file, by its path. What ends in .yaml or .yml or
// has a path separator is a file.
func Load(nameOrPath string) (*Scenario, error) {
	ext := strings.ToLower(filepath.Ext(nameOrPath))
	if ext == ".yaml" || ext == ".yml" || strings.ContainsAny(nameOrPath, `/\`) {
		data, err := os.ReadFile(nameOrPath)
		if err != nil {
			return nil, fmt.Errorf("scenario %s: %w; expected a scenario file, or one of %s", nameOrPath, err, strings.Join(Names(), ", "))
		}
		return Parse(nameOrPath, data)
	}
	data, err := scenarios.Files.ReadFile(nameOrPath + ".yaml")
	if err != nil {
		return nil, fmt.Errorf("unknown scenario %s; %s; a file is named by its path, such as ./%s.yaml", nameOrPath, didYouMean(nameOrPath, Names()), nameOrPath)
	}
	return Parse("scenarios/"+nameOrPath+".yaml", data)
}

// Names lists the scenarios that ship with the program.
func Names() []string {
	entries, _ := scenarios.Files.ReadDir(".") // an embedded directory is always readable
	var names []string
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), ".yaml"))
	}
	slices.Sort(names)
	return names
}

// Text returns the file of a scenario that ships with the program, comments included.
func Text(name string) ([]byte, error) { return scenarios.Files.ReadFile(name + ".yaml") }
