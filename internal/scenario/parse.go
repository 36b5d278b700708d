package scenario

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// Bounds of a scenario file, whose time to parse grows with the square of how deep it nests. The files that ship take a
// few kilobytes.
const (
	maxBytes    = 256 << 10
	maxLine     = 4096
	maxBrackets = 4000 // '[' and '{'
)

// Parse reads a scenario file and checks it. name stands for the file in errors, which list every finding with line
// and column.
func Parse(name string, data []byte) (*Scenario, error) {
	s := &Scenario{source: source{name: name, lines: map[string]place{}}}
	setDefaults(s)
	root, err := parseYAML(name, data)
	if err != nil {
		return nil, err
	}
	b := binder{findings: findings{source: &s.source}}
	b.bind("", root, reflect.ValueOf(s).Elem(), "")
	if err := b.err(); err != nil {
		return nil, err
	}
	if err := s.validate(); err != nil {
		return nil, err
	}
	return s, nil
}

// Set changes values by assignments of the form key=value, where key is the path of a value (crowd.accounts,
// probes.rules.0.stop) and value is YAML. The scenario is checked again afterwards.
func (s *Scenario) Set(assignments ...string) error {
	b := binder{findings: findings{source: &s.source}, fixed: &place{}}
	for _, a := range assignments {
		key, value, ok := strings.Cut(a, "=")
		if !ok || key == "" {
			return fmt.Errorf("--set %s: expected key=value, such as crowd.accounts=50000", a)
		}
		node, err := parseYAML("--set "+key, []byte(value))
		if err != nil {
			return err
		}
		if name, ok := strings.CutPrefix(key, "rules."); ok {
			if err := s.setRule(name, node); err != nil {
				return fmt.Errorf("--set %s: %w", a, err)
			}
			continue
		}
		target, short, err := s.find(key)
		if err != nil {
			return fmt.Errorf("--set %s: %w", a, err)
		}
		if leavesOut(target, node) {
			target.SetZero()
			if key == "collateral" {
				s.leaveOutCollateral()
			}
			continue
		}
		s.source.forget(key)
		b.bind(key, node, target, short)
	}
	if err := b.err(); err != nil {
		return err
	}
	return s.validate()
}

// leavesOut says whether a value takes an optional section, such as the crowd, out of the scenario: "none" or "null".
func leavesOut(target reflect.Value, node ast.Node) bool {
	if target.Kind() != reflect.Pointer {
		return false
	}
	if _, ok := node.(*ast.NullNode); ok {
		return true
	}
	text, err := scalar(node)
	return err == nil && text == "none"
}

// setRule changes one rule of the rulebook, beside those that the file changes.
func (s *Scenario) setRule(name string, node ast.Node) error {
	text, err := scalar(node)
	if err != nil {
		return err
	}
	rules := maps.Clone(s.Rules)
	if rules == nil {
		rules = map[string]string{}
	}
	rules[name] = text
	s.Rules = rules
	return nil
}

// Has reports whether a path names a value of a scenario.
func (s *Scenario) Has(path string) bool {
	if strings.HasPrefix(path, "rules.") {
		return true
	}
	_, _, err := s.Clone().find(path)
	return err == nil
}

// IsList reports whether a path names a list, for which one element can be written as [element].
func (s *Scenario) IsList(path string) bool {
	v, _, err := s.Clone().find(path) // a walk fills in absent parts
	return err == nil && v.Kind() == reflect.Slice
}

// find walks to the field that a path names, through lists by number, and fills in absent parts on the way.
func (s *Scenario) find(path string) (v reflect.Value, short string, err error) {
	v = reflect.ValueOf(s).Elem()
	for _, key := range strings.Split(path, ".") {
		if v.Kind() == reflect.Pointer {
			if v.IsNil() {
				v.Set(reflect.New(v.Type().Elem()))
				setDefaults(v.Interface())
			}
			v = v.Elem()
		}
		switch v.Kind() {
		case reflect.Struct:
			if _, isPart := v.Interface().(Part); isPart {
				return v, "", fmt.Errorf("%s is given as a whole; write it as {kind: NAME, ...}", strings.TrimSuffix(path, "."+key))
			}
			f, tag, ok := field(v, key)
			if !ok {
				return v, "", fmt.Errorf("unknown key %s; %s", key, didYouMean(key, keys(v.Type())))
			}
			v, short = f, tag
		case reflect.Slice:
			i, err := index(key, v.Len())
			if err != nil {
				return v, "", err
			}
			v = v.Index(i)
		default:
			return v, "", fmt.Errorf("nothing lies below %s", strings.TrimSuffix(path, "."+key))
		}
	}
	return v, short, nil
}

func index(key string, length int) (int, error) {
	for i := range length {
		if key == fmt.Sprint(i) {
			return i, nil
		}
	}
	return 0, fmt.Errorf("no element %s in a list of %d; elements are counted from 0", key, length)
}

// parseYAML returns the root of the only document. The library's panics become errors: input is never trusted.
func parseYAML(name string, data []byte) (root ast.Node, err error) {
	if len(data) > maxBytes {
		return nil, fmt.Errorf("%s: %d bytes; expected a scenario file of at most %d", name, len(data), maxBytes)
	}
	if n := bytes.Count(data, []byte("[")) + bytes.Count(data, []byte("{")); n > maxBrackets {
		return nil, fmt.Errorf("%s: %d brackets; expected at most %d", name, n, maxBrackets)
	}
	number := 0
	for line := range bytes.Lines(data) {
		if number++; len(line) > maxLine {
			return nil, fmt.Errorf("%s:%d: a line of %d bytes; expected at most %d", name, number, len(line), maxLine)
		}
	}
	defer func() {
		if r := recover(); r != nil {
			root, err = nil, fmt.Errorf("%s: unreadable YAML: %v", name, r)
		}
	}()
	file, err := parser.ParseBytes(data, 0)
	if err != nil {
		var at yaml.Error
		if errors.As(err, &at) && at.GetToken() != nil {
			p := at.GetToken().Position
			return nil, fmt.Errorf("%s:%d:%d: %s", name, p.Line, p.Column, at.GetMessage())
		}
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	for _, d := range file.Docs {
		if d.Body == nil || d.Body.Type() == ast.CommentType {
			continue
		}
		if root != nil {
			return nil, fmt.Errorf("%s: holds several documents; expected one scenario", name)
		}
		root = d.Body
	}
	if root == nil {
		return nil, fmt.Errorf("%s: is empty; `backtest scenario new` writes a commented example", name)
	}
	return root, nil
}
