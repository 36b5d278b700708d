package scenario

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/liquidation-lab/backtest/pkg/market"
)

// Canonical returns the scenario as a file in which every value is written out, in the order of the structs, with
// overrides applied. Parsing it gives the same scenario.
func (s *Scenario) Canonical() []byte {
	var b strings.Builder
	writeStruct(&b, reflect.ValueOf(s).Elem(), 0)
	return []byte(b.String())
}

// Hash returns the SHA-256 of Canonical in hexadecimal.
func (s *Scenario) Hash() string {
	sum := sha256.Sum256(s.Canonical())
	return hex.EncodeToString(sum[:])
}

func writeStruct(b *strings.Builder, v reflect.Value, depth int) {
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if !f.IsExported() || strings.HasSuffix(f.Tag.Get("yaml"), ",omitempty") && v.Field(i).IsZero() {
			continue
		}
		writeEntry(b, keyOf(f), v.Field(i), depth)
	}
}

func writeEntry(b *strings.Builder, key string, v reflect.Value, depth int) {
	indent := strings.Repeat("  ", depth)
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	if text, ok := inline(v); ok {
		fmt.Fprintf(b, "%s%s: %s\n", indent, key, text)
		return
	}
	start := b.Len()
	fmt.Fprintf(b, "%s%s:\n", indent, key)
	body := b.Len()
	switch v.Kind() {
	case reflect.Struct:
		writeStruct(b, v, depth+1)
	case reflect.Map:
		names := v.Interface().(map[string]string)
		for _, k := range slices.Sorted(maps.Keys(names)) {
			fmt.Fprintf(b, "%s  %s: %s\n", indent, quote(k), quote(names[k]))
		}
	}
	for i := 0; v.Kind() == reflect.Slice && i < v.Len(); i++ {
		if text, ok := inline(v.Index(i)); ok {
			fmt.Fprintf(b, "%s- %s\n", indent, text)
			continue
		}
		fmt.Fprintf(b, "%s-\n", indent)
		writeStruct(b, v.Index(i), depth+1)
	}
	if b.Len() == body { // a mapping of absent values, an empty list
		head := b.String()[:start]
		b.Reset()
		b.WriteString(head)
	}
}

// inline prints what stands on one line; ok is false for structs and lists.
func inline(v reflect.Value) (string, bool) {
	switch x := v.Interface().(type) {
	case string:
		return quote(x), true
	case bool:
		return strconv.FormatBool(x), true
	case int:
		return strconv.Itoa(x), true
	case uint64:
		return strconv.FormatUint(x, 10), true
	case float64:
		return strconv.FormatFloat(x, 'g', -1, 64), true
	case market.Time:
		return x.String(), true
	case Duration:
		return x.String(), true
	case HalfLife:
		return x.String(), true
	case market.Rate:
		return market.Format(x), true
	case market.Quote:
		return market.Format(x), true
	case market.Price:
		return market.Format(x), true
	case market.Qty:
		return market.Format(x), true
	case Part:
		pairs := []string{"kind: " + quote(x.Kind)}
		for _, k := range slices.Sorted(maps.Keys(x.Params)) {
			pairs = append(pairs, quote(k)+": "+quote(x.Params[k]))
		}
		return "{" + strings.Join(pairs, ", ") + "}", true
	}
	return "", false
}

// String prints the duration as ParseDuration reads it.
func (d Duration) String() string {
	if d == 0 {
		return "0s"
	}
	return market.FormatInterval(market.Interval(d))
}

// quote writes words bare and everything else in double quotes.
func quote(s string) string {
	bare := s != "" && s[0] >= 'a' && s[0] <= 'z' && s != "true" && s != "false" && s != "null" && s != "none"
	for _, c := range s {
		bare = bare && (c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '_' || c == '-' || c == '/')
	}
	if bare || s == "none" {
		return s
	}
	return strconv.Quote(s)
}

func itoa(i int) string { return strconv.Itoa(i) }
