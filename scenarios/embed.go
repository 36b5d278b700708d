// Package scenarios holds the scenario files that ship with the program.
package scenarios

import "embed"

// Files are the scenarios, each under its name with .yaml.
//
//go:embed *.yaml
var Files embed.FS
