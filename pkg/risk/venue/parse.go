package venue

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"

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
	}

	fees struct {
		Maker number[market.Rate] `yaml:"maker"`
		Taker number[market.Rate] `yaml:"taker"`
	}

	contract struct {
		Symbols              []string              `yaml:"symbols"`
		Tick                 *number[market.Price] `yaml:"tick"`
		Lot                  *number[market.Qty]   `yaml:"lot"`
		LiquidationFee       *number[market.Rate]  `yaml:"liquidation_fee"`
		FundingIntervalHours *number[hours]        `yaml:"funding_interval_hours"`
		Tiers                table                 `yaml:"tiers"`
		SizeMargin           *sizeMargin           `yaml:"size_margin"`
		InterestMargin       *interestMargin       `yaml:"interest_margin"`
		BackstopFraction     *number[market.Rate]  `yaml:"backstop_fraction"`
		Group                string                `yaml:"group"`
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
	}

	row struct {
		Floor    exactly[market.Quote] `yaml:"floor"`
		Cap      exactly[market.Quote] `yaml:"cap"`
		Leverage int                   `yaml:"leverage"`
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

	exactly[T market.Fixed] struct{ v T }
)

// UnmarshalYAML reads the digits as they stand in the file.
func (x *exactly[T]) UnmarshalYAML(node ast.Node) error {
	token := node.GetToken()
	v, err := market.Parse[T](token.Value)
	if err != nil {
		return fmt.Errorf("line %d, column %d: %w", token.Position.Line, token.Position.Column, err)
	}
	x.v = v
	return nil
}

// Parse reads a rulebook from YAML text; name stands in error messages.
func Parse(name string, text []byte) (*Rulebook, error) {
	var f file
	if err := decode(text, &f); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("%s: empty file, expected a rulebook that begins with schema: %s", name, Schema)
		}
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if f.Schema != Schema {
		return nil, fmt.Errorf("%s: schema is %q, expected %q", name, f.Schema, Schema)
	}
	b := builder{name: name, file: &f, book: &Rulebook{
		ID: f.ID, Title: f.Title, AsOf: f.AsOf,
		sources: f.Sources, contracts: map[string]*Contract{}, yaml: bytes.Clone(text),
	}}
	if err := b.build(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return b.book, nil
}

// decode is strict about keys. The YAML library was seen to panic on a tag without a value (found by fuzzing); here that is
// an error of the file like any other.
func decode(text []byte, f *file) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("not readable as YAML (%v): expected a plain mapping, without tags and anchors", p)
		}
	}()
	return yaml.NewDecoder(bytes.NewReader(text), yaml.Strict()).Decode(f)
}

func (h hours) String() string { return strconv.FormatInt(int64(h)/market.Scale, 10) }
