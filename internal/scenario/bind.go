package scenario

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// The library parses YAML; binding the tree to the structs is done here, because every value has to keep its place
// for errors, decimals have to be read from their text, and --set goes the same way.

// binder copies a tree of nodes into structs.
type binder struct {
	findings
	fixed *place // recorded instead of the nodes' own places: what --set gave
}

func (b *binder) record(path string, n ast.Node) {
	if b.fixed != nil {
		b.source.lines[path] = *b.fixed
		return
	}
	if t := n.GetToken(); t != nil && t.Position != nil {
		b.source.lines[path] = place{t.Position.Line, t.Position.Column}
	}
}

// bind sets v, which is addressable, to what n says. short is the field's tag: the kind and parameter that a scalar
// stands for where a Part is expected.
func (b *binder) bind(path string, n ast.Node, v reflect.Value, short string) {
	b.record(path, n)
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
			setDefaults(v.Interface())
		}
		v = v.Elem()
	}
	if p, ok := v.Addr().Interface().(*Part); ok {
		b.bindPart(path, n, p, short)
		return
	}
	if e, ok := v.Addr().Interface().(*Episode); ok {
		if text, err := scalar(n); err == nil { // a word alone is a scenario
			e.Scenario = text
			return
		}
	}
	switch v.Kind() {
	case reflect.Struct:
		b.bindStruct(path, n, v)
	case reflect.Slice:
		b.bindSlice(path, n, v, short)
	case reflect.Map:
		b.bindMap(path, n, v)
	default:
		text, err := scalar(n)
		if err == nil {
			err = setScalar(v, text)
		}
		if err != nil {
			b.add(path, "%w", err)
		}
	}
}

func (b *binder) bindStruct(path string, n ast.Node, v reflect.Value) {
	entries, ok := mapping(n)
	if !ok {
		b.add(path, "expected a mapping of %s", strings.Join(keys(v.Type()), ", "))
		return
	}
	seen := map[string]bool{}
	for _, e := range entries {
		key := e.Key.GetToken().Value
		at := join(path, key)
		f, tag, ok := field(v, key)
		switch {
		case !ok:
			b.record(at, e.Key)
			b.add(at, "unknown key; %s", didYouMean(key, keys(v.Type())))
		case seen[key]:
			b.record(at, e.Key)
			b.add(at, "key given twice; keep one")
		default:
			b.bind(at, e.Value, f, tag)
		}
		seen[key] = true
	}
}

// bindMap reads names and their values as text; what they mean is for those who know the names.
func (b *binder) bindMap(path string, n ast.Node, v reflect.Value) {
	entries, ok := mapping(n)
	if !ok {
		b.add(path, "expected a mapping of names and values")
		return
	}
	v.Set(reflect.MakeMap(v.Type()))
	for _, e := range entries {
		key := e.Key.GetToken().Value
		at := join(path, key)
		b.record(at, e.Key)
		text, err := scalar(e.Value)
		switch {
		case err != nil:
			b.add(at, "%w", err)
		case v.MapIndex(reflect.ValueOf(key)).IsValid():
			b.add(at, "key given twice; keep one")
		default:
			v.SetMapIndex(reflect.ValueOf(key), reflect.ValueOf(text))
		}
	}
}

func (b *binder) bindSlice(path string, n ast.Node, v reflect.Value, short string) {
	var items []ast.Node
	if s, ok := n.(*ast.SequenceNode); ok {
		items = s.Values
	} else if _, isMap := mapping(n); !isMap {
		if _, err := scalar(n); err != nil {
			b.add(path, "expected a list")
			return
		}
		items = []ast.Node{n}
	} else {
		b.add(path, "expected a list, such as [a, b]; was a mapping")
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), len(items), len(items)))
	for i, item := range items {
		setDefaults(v.Index(i).Addr().Interface())
		b.bind(join(path, strconv.Itoa(i)), item, v.Index(i), short)
	}
}

func (b *binder) bindPart(path string, n ast.Node, p *Part, short string) {
	*p = Part{}
	entries, ok := mapping(n)
	if !ok {
		text, err := scalar(n)
		if err != nil {
			b.add(path, "%w", err)
			return
		}
		*p = shortPart(text, short)
		return
	}
	for _, e := range entries {
		key := e.Key.GetToken().Value
		at := join(path, key)
		b.record(at, e.Value)
		text, err := scalars(e.Value)
		switch {
		case err != nil:
			b.add(at, "%w", err)
		case key == "kind":
			p.Kind = text
		default:
			if _, twice := p.Params[key]; twice {
				b.add(at, "key given twice; keep one")
			}
			if p.Params == nil {
				p.Params = map[string]string{}
			}
			p.Params[key] = ungrouped(text)
		}
	}
	if p.Kind == "" {
		b.add(path, "has no kind; write {kind: NAME, ...}")
	}
}

// shortPart reads a scalar where a Part is expected: a number stands for the parameter that the place names
// ("percent.distance"), any other word for a kind without parameters.
func shortPart(text, short string) Part {
	kind, param, ok := strings.Cut(short, ".")
	if ok && text != "" && strings.IndexByte("0123456789.", text[0]) >= 0 {
		return Part{Kind: kind, Params: map[string]string{param: ungrouped(text)}}
	}
	return Part{Kind: text}
}

// ungrouped drops the underscores that group a number's digits; anything else stays as it is.
func ungrouped(text string) string {
	if strings.Trim(text, "0123456789_.%x") != "" {
		return text
	}
	return strings.ReplaceAll(text, "_", "")
}

// mapping returns the entries of a mapping; one entry alone parses as a node of its own kind.
func mapping(n ast.Node) ([]*ast.MappingValueNode, bool) {
	switch n := n.(type) {
	case *ast.MappingNode:
		return n.Values, true
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}, true
	}
	return nil, false
}

// scalar returns the text of a scalar as written.
func scalar(n ast.Node) (string, error) {
	switch n := n.(type) {
	case *ast.NullNode:
		return "", errors.New("has no value")
	case *ast.LiteralNode:
		return strings.TrimSpace(n.Value.Value), nil
	case *ast.AnchorNode, *ast.AliasNode, *ast.MergeKeyNode:
		return "", errors.New("anchors and aliases are not used in scenario files; write the value out")
	case ast.ScalarNode:
		return n.GetToken().Value, nil
	}
	return "", fmt.Errorf("expected one value; was a %s", strings.ToLower(n.Type().String()))
}

// scalars returns a scalar, or the scalars of a list joined by commas.
func scalars(n ast.Node) (string, error) {
	s, ok := n.(*ast.SequenceNode)
	if !ok {
		return scalar(n)
	}
	texts := make([]string, len(s.Values))
	for i, item := range s.Values {
		var err error
		if texts[i], err = scalar(item); err != nil {
			return "", err
		}
	}
	return strings.Join(texts, ","), nil
}

// setScalar sets v to the value that text writes.
func setScalar(v reflect.Value, text string) error {
	switch p := v.Addr().Interface().(type) {
	case *market.Time:
		t, err := market.ParseTime(text)
		if err != nil {
			return fmt.Errorf("%q is no time; expected such as 2025-10-10T21:20:00Z", text)
		}
		*p = t
	case *Duration:
		d, err := ParseDuration(text)
		*p = d
		return err
	case *HalfLife:
		h, err := parseHalfLife(text)
		*p = h
		return err
	case *market.Rate:
		r, err := ParseRate(text)
		*p = r
		return err
	case *market.Quote:
		q, err := market.Parse[market.Quote](strings.ReplaceAll(text, "_", ""))
		if err != nil {
			return fmt.Errorf("%q is no amount: %w", text, err)
		}
		*p = q
	case *market.Price:
		q, err := market.Parse[market.Price](strings.ReplaceAll(text, "_", ""))
		if err != nil {
			return fmt.Errorf("%q is no price: %w", text, err)
		}
		*p = q
	case *market.Qty:
		q, err := market.Parse[market.Qty](strings.ReplaceAll(text, "_", ""))
		if err != nil {
			return fmt.Errorf("%q is no size: %w", text, err)
		}
		*p = q
	case *string:
		*p = text
	case *bool:
		x, err := strconv.ParseBool(text)
		if err != nil {
			return fmt.Errorf("%q: expected true or false", text)
		}
		*p = x
	case *int:
		x, err := strconv.Atoi(strings.ReplaceAll(text, "_", ""))
		if err != nil {
			return fmt.Errorf("%q: expected a whole number", text)
		}
		*p = x
	case *uint64:
		x, err := strconv.ParseUint(strings.ReplaceAll(text, "_", ""), 10, 64)
		if err != nil {
			return fmt.Errorf("%q: expected a whole number of at least 0", text)
		}
		*p = x
	case *float64:
		x, err := parseFloat(text)
		*p = x
		return err
	default:
		return fmt.Errorf("scenario: no rule for reading a %s", v.Type())
	}
	return nil
}

// ParseRate reads a ratio: 0.02, 2%, or 10x for a leverage.
func ParseRate(text string) (market.Rate, error) {
	number := strings.TrimSuffix(strings.ReplaceAll(text, "_", ""), "x")
	number, percent := strings.CutSuffix(number, "%")
	r, err := market.Parse[market.Rate](number)
	if percent && err == nil {
		if r%100 != 0 {
			return 0, fmt.Errorf("%q: %w", text, market.ErrDecimals)
		}
		r /= 100
	}
	if err != nil {
		return 0, fmt.Errorf("%q is no ratio; expected such as 0.02, 2%% or 10x: %w", text, err)
	}
	return r, nil
}

func parseFloat(text string) (float64, error) {
	number, percent := strings.CutSuffix(text, "%")
	x, err := strconv.ParseFloat(strings.ReplaceAll(number, "_", ""), 64)
	if err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
		return 0, fmt.Errorf("%q: expected a number", text)
	}
	if percent {
		x /= 100
	}
	return x, nil
}

// ParseDuration reads 90s, 5m, 8h or 2d, and 0s.
func ParseDuration(text string) (Duration, error) {
	if text == "0s" || text == "0" {
		return 0, nil
	}
	d, ok := market.ParseInterval(text)
	if !ok {
		return 0, fmt.Errorf("%q is no duration; expected such as 90s, 5m, 8h or 2d", text)
	}
	return Duration(d), nil
}

// field finds the field of a struct that a key names, and its short tag.
func field(v reflect.Value, key string) (reflect.Value, string, bool) {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if f.IsExported() && keyOf(f) == key {
			return v.Field(i), f.Tag.Get("short"), true
		}
	}
	return reflect.Value{}, "", false
}

// keys lists the keys of a struct in their order.
func keys(t reflect.Type) []string {
	var names []string
	for i := range t.NumField() {
		if f := t.Field(i); f.IsExported() {
			names = append(names, keyOf(f))
		}
	}
	return names
}

func keyOf(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
	return name
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
