package script

import (
	"fmt"

	"go.starlark.net/starlark"
	"go.starlark.net/starlarkstruct"
	"go.starlark.net/syntax"
)

// Limits of what one call of a script may cost.
const (
	maxFile     = 256 << 10 // bytes of a script
	maxSteps    = 2_000_000 // of the interpreter
	maxElements = 4_000_000 // made by operations: of lists, tuples, dictionaries and sets, and a 16th of the bytes of strings
	maxString   = 10_000    // bytes
	maxLength   = 1_000_000 // elements of one value
	maxBits     = 4_096     // of an integer
	maxShown    = 10_000    // values within one that is turned into text
	// What an element of a comprehension counts as: its list is seen when it is whole, and was copied as it grew.
	comprehended = 4
	entrySize    = 6 // elements that an entry of a dictionary or set counts as, for the memory that it takes
)

// allowance is how many times the limits of one decision a call may take.
type allowance struct{ steps, elements int64 }

var (
	oneDecision = allowance{1, 1}
	allSetups   = allowance{250, 10} // entries walk all bars of the window, which are not kept
)

// budget counts what a call has made so far.
type budget struct{ left int64 }

const budgetKey = "budget"

// charge takes elements from the call's budget.
func charge(t *starlark.Thread, elements int) error {
	b, ok := t.Local(budgetKey).(*budget)
	if !ok {
		return nil
	}
	if b.left -= int64(elements); b.left < 0 {
		return fmt.Errorf("the call has made more elements of lists and strings than it may: does something grow without end?")
	}
	return nil
}

// made counts a value that came out of a call and checks its size.
func made(t *starlark.Thread, v starlark.Value) (starlark.Value, error) {
	switch v := v.(type) {
	case starlark.NoneType: // of append, add and the like, which have made something longer by one
		return v, charge(t, 1)
	case starlark.String:
		if len(v) > maxString {
			return nil, fmt.Errorf("a string of %d bytes: expected at most %d", len(v), maxString)
		}
		return v, charge(t, len(v)/16+1)
	case starlark.Bytes:
		return v, charge(t, len(v)/16+1)
	case starlark.Int:
		if bits := v.BigInt().BitLen(); bits > maxBits {
			return nil, fmt.Errorf("an integer of %d bits: expected at most %d", bits, maxBits)
		}
		return v, nil
	case starlark.Sequence:
		if v.Len() > maxLength {
			return nil, fmt.Errorf("%s of %d elements: expected at most %d", v.Type(), v.Len(), maxLength)
		}
		if _, lazy := v.(*span); lazy {
			return v, nil
		}
		switch v.(type) {
		case *starlark.Dict, *starlark.Set:
			return v, charge(t, v.Len()*entrySize+1)
		}
		return v, charge(t, v.Len()+1)
	}
	return v, nil
}

// size is what a value counts as an operand: its elements, or a 16th of its bytes.
func size(v starlark.Value) int {
	switch v := v.(type) {
	case starlark.String:
		return len(v)
	case starlark.Bytes:
		return len(v)
	case starlark.Sequence:
		return v.Len()
	}
	return 0
}

func isNumber(v starlark.Value) bool {
	switch v.(type) {
	case starlark.Float:
		return true
	case starlark.Int:
		return true
	}
	return false
}

// binary carries out an operator after it has looked at what would come of it.
func binary(op syntax.Token) func(*starlark.Thread, *starlark.Builtin, starlark.Tuple, []starlark.Tuple) (starlark.Value, error) {
	return func(t *starlark.Thread, _ *starlark.Builtin, args starlark.Tuple, _ []starlark.Tuple) (starlark.Value, error) {
		x, y := args[0], args[1]
		if isNumber(x) && isNumber(y) {
			v, err := starlark.Binary(op, x, y)
			if i, whole := v.(starlark.Int); whole && err == nil {
				return made(t, i)
			}
			return v, err
		}
		grown := size(x) + size(y)
		switch op {
		case syntax.STAR:
			n, err := starlark.AsInt32(y)
			grown = size(x)
			if err != nil {
				n, err = starlark.AsInt32(x)
				grown = size(y)
			}
			if err == nil && n > 0 && grown > maxLength/n {
				return nil, fmt.Errorf("%d times %d elements: expected at most %d", n, grown, maxLength)
			}
			grown *= max(n, 0)
		case syntax.PERCENT:
			if err := showable(y); err != nil {
				return nil, err
			}
		}
		if grown > maxLength {
			return nil, fmt.Errorf("%d elements: expected at most %d", grown, maxLength)
		}
		v, err := starlark.Binary(op, x, y)
		if err != nil {
			return nil, err
		}
		return made(t, v)
	}
}

// showable refuses to turn something into text that holds more values than a reader would want: lists that hold the same
// list many times are small in memory and endless in print.
func showable(values ...starlark.Value) error {
	left := maxShown
	for _, v := range values {
		if !count(v, &left, 0) {
			return fmt.Errorf("a value with more than %d others in it cannot be turned into text", maxShown)
		}
	}
	return nil
}

// shown is a value as an error tells it: its text, cut, or its type where the text would be endless.
func shown(v starlark.Value) string {
	const longest = 80
	if showable(v) != nil {
		return v.Type()
	}
	text := v.String()
	if len(text) > longest {
		text = text[:longest] + "..."
	}
	return text
}

func count(v starlark.Value, left *int, depth int) bool {
	if *left--; *left < 0 || depth > 100 {
		return false
	}
	if s, isText := v.(starlark.String); isText {
		*left -= len(s) / 16
		return *left >= 0
	}
	if m, isMap := v.(*starlark.Dict); isMap {
		for _, item := range m.Items() {
			if !count(item[0], left, depth+1) || !count(item[1], left, depth+1) {
				return false
			}
		}
		return true
	}
	if _, lazy := v.(*span); lazy {
		return true
	}
	if s, isStruct := v.(*starlarkstruct.Struct); isStruct {
		for _, name := range s.AttrNames() {
			if field, err := s.Attr(name); err != nil || !count(field, left, depth+1) {
				return false
			}
		}
		return true
	}
	if s, isSequence := v.(starlark.Sequence); isSequence {
		iterator := s.Iterate()
		defer iterator.Done()
		var item starlark.Value
		for iterator.Next(&item) {
			if !count(item, left, depth+1) {
				return false
			}
		}
	}
	return true
}
