package synth

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
)

// The file as it is written. Every scalar is read as text with its place: decimals keep their digits and each finding
// can name line and column.

type fileText struct {
	Schema      text            `yaml:"schema"`
	Name        text            `yaml:"name"`
	Title       text            `yaml:"title"`
	Description text            `yaml:"description"`
	From        text            `yaml:"from"`
	To          text            `yaml:"to"`
	Seed        text            `yaml:"seed"`
	Sources     map[string]text `yaml:"sources"`
	Model       struct {
		CommonShare  levelText   `yaml:"common_share"`
		MarkHalfLife levelText   `yaml:"mark_half_life"`
		Volatility   []levelText `yaml:"volatility"`
		Depth        struct {
			Bid []levelText `yaml:"bid"`
			Ask []levelText `yaml:"ask"`
		} `yaml:"depth"`
		Funding      map[string][]levelText `yaml:"funding"`
		OpenInterest map[string][]levelText `yaml:"open_interest"`
	} `yaml:"model"`
	Instruments []instrumentText `yaml:"instruments"`
}

type statementText struct {
	Source  text `yaml:"source"`
	Quality text `yaml:"quality"`
	Note    text `yaml:"note"`
}

type levelText struct {
	Time      text          `yaml:"time"`
	Value     text          `yaml:"value"`
	Statement statementText `yaml:",inline"`
}

type priceText struct {
	Time      text          `yaml:"time"`
	Within    text          `yaml:"within"`
	At        text          `yaml:"at"`
	Price     text          `yaml:"price"`
	Kind      text          `yaml:"kind"`
	Venue     text          `yaml:"venue"`
	Statement statementText `yaml:",inline"`
}

type depthText struct {
	Percentage text          `yaml:"percentage"`
	Notional   text          `yaml:"notional"`
	Statement  statementText `yaml:",inline"`
}

type instrumentText struct {
	Symbol       text        `yaml:"symbol"`
	Tick         text        `yaml:"tick"`
	Volatility   levelText   `yaml:"volatility"`
	Volume       levelText   `yaml:"volume"`
	Prices       []priceText `yaml:"prices"`
	Mark         []priceText `yaml:"mark"`
	Funding      text        `yaml:"funding"`
	OpenInterest struct {
		Size      text          `yaml:"size"`
		Path      text          `yaml:"path"`
		Statement statementText `yaml:",inline"`
	} `yaml:"open_interest"`
	Depth []depthText `yaml:"depth"`
}

// place is a position in the file, from 1; the zero place means that the key is absent.
type place struct{ line, column int }

// text is a scalar and its place.
type text struct {
	value string
	place place
}

// UnmarshalYAML takes the scalar as it is written.
func (t *text) UnmarshalYAML(n ast.Node) error {
	token := n.GetToken()
	if token != nil && token.Position != nil {
		t.place = place{token.Position.Line, token.Position.Column}
	}
	switch n := n.(type) {
	case *ast.StringNode:
		t.value = n.Value
	case *ast.LiteralNode:
		t.value = n.Value.Value
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		t.value = token.Value
	default:
		return &placedError{t.place, fmt.Sprintf("is a %s; expected one value such as 101516.5 or a word", n.Type())}
	}
	return nil
}

// placedError is a finding whose file is named by the caller.
type placedError struct {
	place place
	text  string
}

func (e *placedError) Error() string { return e.text }

// maxBytes bounds a file of control points; those that ship take some tens of kilobytes.
const maxBytes = 4 << 20

// decode reads the only document of data. Unknown and repeated keys are refused; the library's panics become errors.
func decode(name string, data []byte) (f *fileText, err error) {
	if len(data) > maxBytes {
		return nil, fmt.Errorf("%s: %d bytes; expected a file of control points of at most %d", name, len(data), maxBytes)
	}
	defer func() {
		if r := recover(); r != nil {
			f, err = nil, fmt.Errorf("%s: unreadable YAML: %v", name, r)
		}
	}()
	f = new(fileText)
	d := yaml.NewDecoder(bytes.NewReader(data), yaml.Strict())
	switch err := d.Decode(f); {
	case err == io.EOF:
		return nil, fmt.Errorf("%s: is empty; expected control points (schema: %s)", name, Schema)
	case err != nil:
		return nil, located(name, err)
	}
	if d.Decode(new(any)) != io.EOF {
		return nil, fmt.Errorf("%s: holds several documents; expected one", name)
	}
	return f, nil
}

// located puts file, line and column before a finding of the library.
func located(name string, err error) error {
	var own *placedError
	if errors.As(err, &own) {
		return fmt.Errorf("%s:%d:%d: %s", name, own.place.line, own.place.column, own.text)
	}
	var theirs yaml.Error
	if errors.As(err, &theirs) && theirs.GetToken() != nil {
		p := theirs.GetToken().Position
		return fmt.Errorf("%s:%d:%d: %s", name, p.Line, p.Column, theirs.GetMessage())
	}
	return fmt.Errorf("%s: %w", name, err)
}
