package calc

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/liquidation-lab/backtest/internal/spell"
)

// Bounds of an input; the deepest that means anything nests four times.
const (
	maxInput = 4 << 20
	maxDepth = 16
)

// object is a JSON object that remembers its place and which of its keys were asked for. Keys are compared without case,
// underscores and hyphens: entry_price, entryPrice and ENTRY-PRICE are one.
type object struct {
	in     *input
	path   string
	keys   []string // as written, in order
	values map[string]any
	asked  []string // names offered, for the nearest
	used   map[string]bool
}

// input collects everything that is wrong with a request.
type input struct{ errs []error }

func (in *input) refuse(path, value, expected, remedy string) {
	in.errs = append(in.errs, &InputError{Path: path, Value: value, Expected: expected, Remedy: remedy})
}

func (in *input) err() error { return errors.Join(in.errs...) }

// parse reads one JSON object.
func parse(text []byte) (*object, error) {
	in := &input{}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if len(text) > maxInput {
		return nil, &InputError{Path: "input", Value: fmt.Sprintf("%d bytes", len(text)), Expected: fmt.Sprintf("at most %d", maxInput), Remedy: "an account has a few positions"}
	}
	v, err := in.value(d, "", 0)
	if err != nil {
		return nil, notJSON(d, err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, &InputError{Path: "input", Value: fmt.Sprintf("more than one value, the second at byte %d", d.InputOffset()), Expected: "one JSON object", Remedy: "pass one account at a time"}
	}
	o, ok := v.(*object)
	if !ok {
		return nil, &InputError{Path: "input", Value: kindOf(v), Expected: "a JSON object", Remedy: `such as {"wallet_balance": "1000", "positions": [...]}`}
	}
	return o, nil
}

func notJSON(d *json.Decoder, err error) error {
	if refused := (*InputError)(nil); errors.As(err, &refused) {
		return err
	}
	what := err.Error()
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		what = "it ends too early"
	}
	return &InputError{Path: "input", Value: fmt.Sprintf("not JSON at byte %d (%s)", d.InputOffset(), what), Expected: "one JSON object", Remedy: "docs/CALC.md has examples"}
}

// value reads any value; objects become *object, lists []any.
func (in *input) value(d *json.Decoder, path string, depth int) (any, error) {
	token, err := d.Token()
	if err != nil {
		return nil, err
	}
	if depth > maxDepth {
		return nil, &InputError{Path: path, Value: "nested too deep", Expected: fmt.Sprintf("at most %d levels", maxDepth)}
	}
	switch token {
	case json.Delim('{'):
		o := &object{in: in, path: path, values: map[string]any{}, used: map[string]bool{}}
		for d.More() {
			key, err := d.Token()
			if err != nil {
				return nil, err
			}
			name, _ := key.(string) // the decoder allows no other key
			v, err := in.value(d, join(path, name), depth+1)
			if err != nil {
				return nil, err
			}
			if _, twice := o.values[plainKey(name)]; twice {
				return nil, &InputError{Path: join(path, name), Value: "given twice", Expected: "each key once"}
			}
			o.keys, o.values[plainKey(name)] = append(o.keys, name), v
		}
		_, err := d.Token()
		return o, err
	case json.Delim('['):
		list := []any{}
		for d.More() {
			v, err := in.value(d, fmt.Sprintf("%s[%d]", path, len(list)), depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		_, err := d.Token()
		return list, err
	}
	return token, nil
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// plainKey is what keys are compared by.
func plainKey(name string) string {
	return strings.ToLower(strings.NewReplacer("_", "", "-", "").Replace(name))
}

// take returns the value of the first of names that is there, and what the input called it. null counts as absent.
func (o *object) take(names ...string) (v any, path string, ok bool) {
	path = join(o.path, names[0])
	o.asked = append(o.asked, names...)
	for _, name := range names {
		found, there := o.values[plainKey(name)]
		if !there {
			continue
		}
		o.used[plainKey(name)] = true
		if found == nil {
			continue
		}
		if ok {
			o.in.refuse(join(o.path, name), "a second spelling of "+path, "one of them", "remove the other")
			continue
		}
		v, path, ok = found, join(o.path, o.written(name)), true
	}
	return v, path, ok
}

// written returns a key as the input has it.
func (o *object) written(name string) string {
	i := slices.IndexFunc(o.keys, func(k string) bool { return plainKey(k) == plainKey(name) })
	return o.keys[i]
}

// number reads a decimal from a string or a number. meets says what is allowed, in words and as a test.
func (o *object) number(meets bound, names ...string) Number {
	v, path, ok := o.take(names...)
	if !ok {
		return Number{}
	}
	return o.in.number(path, v, meets)
}

func (in *input) number(path string, v any, meets bound) Number {
	text := fmt.Sprint(v)
	switch v.(type) {
	case string, json.Number:
	default:
		in.refuse(path, kindOf(v), meets.words, "write decimals as strings or numbers")
		return Number{}
	}
	n, ok := ParseNumber(strings.TrimSpace(text))
	switch {
	case !ok:
		in.refuse(path, fmt.Sprintf("%.40q", text), meets.words, `write decimals plainly, such as "0.004"`)
		return Number{}
	case !meets.holds(n):
		in.refuse(path, text, meets.words, meets.remedy)
	}
	return n
}

// bound is a condition on a number.
type bound struct {
	words, remedy string
	holds         func(Number) bool
}

var (
	anyNumber = bound{"a decimal number", "", func(Number) bool { return true }}
	above0    = bound{"a number above 0", "leave the key out where there is none", func(n Number) bool { return n.Sign() > 0 }}
	atLeast0  = bound{"a number of at least 0", "leave the key out where there is none", func(n Number) bool { return n.Sign() >= 0 }}
	not0      = bound{"a number other than 0", "leave the position out", func(n Number) bool { return n.Sign() != 0 }}
	fraction  = bound{"a fraction of at least 0 and below 1, such as 0.004 for 0.4%", "divide percent by 100", func(n Number) bool { return n.Sign() >= 0 && n.Cmp(Int(1)) < 0 }}
	share     = bound{"a fraction from 0 to 1", "divide percent by 100", func(n Number) bool { return n.Sign() >= 0 && n.Cmp(Int(1)) <= 0 }}
	rate      = bound{"a rate between -1 and 1, such as 0.0001 for 0.01%", "divide percent by 100", func(n Number) bool { return n.Abs().Cmp(Int(1)) <= 0 }}
)

// text reads a string.
func (o *object) text(names ...string) string {
	v, path, ok := o.take(names...)
	if !ok {
		return ""
	}
	s, isText := v.(string)
	if !isText {
		o.in.refuse(path, kindOf(v), "a string", "quote it")
	}
	return s
}

// choice reads one of some words, without case, each with the spellings that mean it.
func (o *object) choice(words []string, spellings map[string]string, names ...string) string {
	v, path, ok := o.take(names...)
	if !ok {
		return ""
	}
	s := strings.ToLower(fmt.Sprint(v))
	if meant, ok := spellings[s]; ok {
		s = meant
	}
	if _, isText := v.(string); !isText || !slices.Contains(words, s) {
		o.in.refuse(path, fmt.Sprintf("%.40q", fmt.Sprint(v)), strings.Join(words, " or "), didYouMean(s, words))
		return ""
	}
	return s
}

// object reads an object; nil where there is none.
func (o *object) object(names ...string) *object {
	v, path, ok := o.take(names...)
	if !ok {
		return nil
	}
	inner, isObject := v.(*object)
	if !isObject {
		o.in.refuse(path, kindOf(v), "an object", "")
		return nil
	}
	return inner
}

// list reads a list; a single value that is no list is a list of one.
func (o *object) list(names ...string) (list []any, path string) {
	v, path, ok := o.take(names...)
	if !ok {
		return nil, path
	}
	if list, ok := v.([]any); ok {
		return list, path
	}
	return []any{v}, path
}

// objects reads a list of objects.
func (o *object) objects(names ...string) []*object {
	list, path := o.list(names...)
	var out []*object
	for i, v := range list {
		if inner, ok := v.(*object); ok {
			out = append(out, inner)
		} else {
			o.in.refuse(fmt.Sprintf("%s[%d]", path, i), kindOf(v), "an object", "")
		}
	}
	return out
}

// done refuses the keys that nobody asked for.
func (o *object) done() {
	for _, key := range o.keys {
		if !o.used[plainKey(key)] {
			o.in.refuse(join(o.path, key), "an unknown key", "a known one", didYouMean(key, o.asked))
		}
	}
}

func kindOf(v any) string {
	switch v := v.(type) {
	case *object:
		return "an object"
	case []any:
		return "a list"
	case bool:
		return fmt.Sprint(v)
	case nil:
		return "null"
	}
	return fmt.Sprintf("%.40q", fmt.Sprint(v))
}

// didYouMean names the nearest of some words as they are compared, or says where all of them stand.
func didYouMean(word string, words []string) string {
	plain := make([]string, len(words))
	for i, w := range words {
		plain[i] = plainKey(w)
	}
	if guess, ok := spell.Nearest(plainKey(word), plain); ok {
		return "did you mean " + words[slices.Index(plain, guess)] + "?"
	}
	return "docs/CALC.md lists them"
}
