package venue

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// Schema is the first key of every rulebook file.
const Schema = "backtest/rulebook/v1"

// unsourcedKey is what a field names as its source when it has none.
const unsourcedKey = "unsourced"

// The types below mirror the file. A number is read through exactly[T], so that it is neither rounded nor guessed.
type (
	file struct {
		Schema     string                         `yaml:"schema"`
		ID         string                         `yaml:"id"`
		Title      string                         `yaml:"title"`
		AsOf       string                         `yaml:"as_of"`
		Sources    map[string]source              `yaml:"sources"`
		Settlement *policy                        `yaml:"settlement"`
		Policies   map[string]policy              `yaml:"policies"`
		Parameters map[string]number[market.Rate] `yaml:"parameters"`
		Fees       fees                           `yaml:"fees"`
		Default    *contract                      `yaml:"default"`
		Contracts  []contract                     `yaml:"contracts"`
	}

	source struct {
		Title    string `yaml:"title"`
		Date     string `yaml:"date"`     // of the data
		Recalled bool   `yaml:"recalled"` // public knowledge of which no dated copy was read; listed by Unsourced
	}

	policy struct {
		Is     string `yaml:"is"`
		Source string `yaml:"source"`
		Reason string `yaml:"reason"` // of an unsourced choice
		From   string `yaml:"from"`   // of funding_rate: in force since; before, the interval does not divide
	}

	fees struct {
		Maker number[market.Rate] `yaml:"maker"`
		Taker number[market.Rate] `yaml:"taker"`
	}

	contract struct {
		Symbols              []string              `yaml:"symbols"`
		Kind                 string                `yaml:"kind"` // linear (also where it is left out) or inverse
		ContractSize         *number[market.Qty]   `yaml:"contract_size"`
		Tick                 *number[market.Price] `yaml:"tick"`
		Lot                  *number[market.Qty]   `yaml:"lot"`
		LiquidationFee       *number[market.Rate]  `yaml:"liquidation_fee"`
		FundingIntervalHours *number[hours]        `yaml:"funding_interval_hours"`
		Tiers                table                 `yaml:"tiers"`
		SizeMargin           *sizeMargin           `yaml:"size_margin"`
		InterestMargin       *interestMargin       `yaml:"interest_margin"`
		BackstopFraction     *number[market.Rate]  `yaml:"backstop_fraction"`
		Group                string                `yaml:"group"`
		FundingCap           *number[market.Rate]  `yaml:"funding_cap"`
		FundingFloor         *number[market.Rate]  `yaml:"funding_floor"`
		ImpactNotional       *number[market.Quote] `yaml:"impact_notional"`
		ImpactMargin         *number[market.Quote] `yaml:"impact_margin"`
	}

	sizeMargin struct {
		Source      string               `yaml:"source"`
		Reason      string               `yaml:"reason"`
		Initial     exactly[market.Rate] `yaml:"initial"`
		Maintenance exactly[market.Rate] `yaml:"maintenance"`
		Slope       exactly[market.Rate] `yaml:"slope"`
	}

	interestMargin struct {
		Source string                `yaml:"source"`
		Reason string                `yaml:"reason"`
		Base   exactly[market.Rate]  `yaml:"base"`
		Lower  exactly[market.Quote] `yaml:"lower"`
		Upper  exactly[market.Quote] `yaml:"upper"`
	}

	table struct {
		Source string `yaml:"source"`
		Reason string `yaml:"reason"`
		Rows   []row  `yaml:"rows"`
		Rest   *rest  `yaml:"rest"` // rows above those, from elsewhere
	}

	rest struct {
		Source string `yaml:"source"`
		Reason string `yaml:"reason"`
		Rows   []row  `yaml:"rows"`
	}

	row struct {
		Floor    exactly[market.Quote] `yaml:"floor"`
		Cap      exactly[market.Quote] `yaml:"cap"`
		Leverage exactly[market.Rate]  `yaml:"leverage"`
		Rate     exactly[market.Rate]  `yaml:"rate"`
		Amount   exactly[market.Quote] `yaml:"amount"`
	}

	number[T market.Fixed] struct {
		Value  exactly[T] `yaml:"value"`
		Source string     `yaml:"source"`
		Reason string     `yaml:"reason"`
	}

	// hours are kept in the fixed-point unit like every other number of the file.
	hours int64

	// exactly is a number as it stands in the file. What cannot be read is kept in bad, so that a check can list every
	// finding of a file and not only the first.
	exactly[T market.Fixed] struct {
		v   T
		bad string
	}
)

// UnmarshalYAML reads the digits as they stand in the file.
func (x *exactly[T]) UnmarshalYAML(node ast.Node) error {
	token := node.GetToken()
	v, err := T(0), fmt.Errorf("%q is not a number in plain digits", token.Value)
	if !strings.ContainsAny(token.Value, "eE") { // 1e999999999 is a number that fills the memory
		v, err = market.Parse[T](token.Value)
	}
	if err != nil {
		x.bad = fmt.Sprintf("line %d, column %d: %v", token.Position.Line, token.Position.Column, err)
		return nil
	}
	x.v = v
	return nil
}

// Parse reads a rulebook from YAML text; name stands in error messages. What is wrong with the file is an *Invalid, which
// lists all of it.
func Parse(name string, text []byte) (*Rulebook, error) {
	var f file
	unknown, err := decode(text, &f)
	switch {
	case errors.Is(err, io.EOF):
		return nil, &Invalid{Name: name, Findings: []string{"empty file, expected a rulebook that begins with schema: " + Schema}}
	case err != nil:
		return nil, &Invalid{Name: name, Findings: []string{err.Error()}}
	case f.Schema != Schema:
		return nil, &Invalid{Name: name, Findings: []string{fmt.Sprintf("schema is %q, expected %q", f.Schema, Schema)}}
	}
	b := builder{file: &f, findings: unknown, book: &Rulebook{
		ID: f.ID, Title: f.Title, AsOf: f.AsOf,
		sources: f.Sources, contracts: map[string]*Contract{}, yaml: bytes.Clone(text), file: &f,
	}}
	b.build()
	if len(b.findings) > 0 {
		return nil, &Invalid{Name: name, Findings: b.findings}
	}
	return b.book, nil
}

// mostUnknown bounds how many unknown keys are looked for in one file.
const mostUnknown = 50

// decode is strict about keys: it returns those that are unknown, and leaves them out. The YAML library was seen to panic
// on a tag without a value (found by fuzzing); here that is an error of the file like any other.
func decode(text []byte, f *file) (unknown []string, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("not readable as YAML (%v): expected a plain mapping, without tags and anchors", p)
		}
	}()
	tree, err := parser.ParseBytes(text, 0)
	if err != nil {
		return nil, err
	}
	if len(tree.Docs) == 0 || tree.Docs[0].Body == nil {
		return nil, io.EOF
	}
	for range mostUnknown {
		var strict *yaml.UnknownFieldError
		*f = file{}
		err := yaml.NewDecoder(bytes.NewReader(nil), yaml.Strict()).DecodeFromNode(tree.Docs[0].Body, f)
		if !errors.As(err, &strict) || !drop(tree.Docs[0].Body, strict.Token.Position.Offset) {
			return unknown, err
		}
		at := strict.Token.Position
		unknown = append(unknown, fmt.Sprintf("[%d:%d] %s", at.Line, at.Column, strict.Message))
	}
	return unknown, nil
}

// drop takes the key at an offset of the file out of the tree.
func drop(body ast.Node, offset int) bool {
	d := dropper{offset: offset}
	ast.Walk(&d, body)
	return d.done
}

type dropper struct {
	offset int
	done   bool
}

// Visit implements ast.Visitor.
func (d *dropper) Visit(n ast.Node) ast.Visitor {
	m, ok := n.(*ast.MappingNode)
	if ok {
		before := len(m.Values)
		m.Values = slices.DeleteFunc(m.Values, func(v *ast.MappingValueNode) bool { return v.Key.GetToken().Position.Offset == d.offset })
		d.done = d.done || len(m.Values) < before
	}
	return d
}

func (h hours) String() string { return strconv.FormatInt(int64(h)/market.Scale, 10) }
