package columnar

import (
	"encoding/binary"
	"fmt"
)

// flat is a flatbuffer whose vector lengths are checked before the library allocates by them: it makes a slice of as
// many fields or key-value pairs as the buffer claims, and a claim of billions ends the process. Places outside of the
// buffer panic, which recovered turns into an error.
type flat []byte

// The places of the fields that hold vectors in the tables of Arrow's format (Message.fbs and Schema.fbs).
const (
	messageHeaderType, messageHeader, messageMetadata                       = 1, 2, 4
	schemaFields, schemaMetadata, schemaFeatures                            = 1, 2, 3
	fieldTypeType, fieldType, fieldDictionary, fieldChildren, fieldMetadata = 2, 3, 4, 5, 6

	headerSchema  = 1
	typeUnion     = 14
	unionTypeIDs  = 1
	maxFieldDepth = 64
)

// checkMessage refuses a message header whose schema claims more elements than its bytes can hold.
func checkMessage(header []byte) (err error) {
	defer recovered(&err)
	f := flat(header)
	message := f.indirect(0)
	f.vector(message, messageMetadata, 4)
	kind := f.field(message, messageHeaderType)
	at := f.field(message, messageHeader)
	if kind == 0 || at == 0 || f[kind] != headerSchema {
		return nil
	}
	f.checkSchema(f.indirect(at))
	return nil
}

func (f flat) checkSchema(schema int) {
	f.vector(schema, schemaMetadata, 4)
	f.vector(schema, schemaFeatures, 8)
	f.fields(schema, schemaFields, maxFieldDepth)
}

// fields checks the vector of Field tables in a slot of a table, and what is below each.
func (f flat) fields(table, slot, depth int) {
	if depth == 0 {
		panic(fmt.Sprintf("fields are nested more than %d deep", maxFieldDepth))
	}
	at, n := f.vector(table, slot, 4)
	for i := range n {
		field := f.indirect(at + 4*i)
		f.vector(field, fieldMetadata, 4)
		if kind, place := f.field(field, fieldTypeType), f.field(field, fieldType); kind != 0 && place != 0 && f[kind] == typeUnion {
			f.vector(f.indirect(place), unionTypeIDs, 4)
		}
		f.fields(field, fieldChildren, depth-1)
	}
}

func (f flat) indirect(at int) int { return at + int(binary.LittleEndian.Uint32(f[at:])) }

// field returns where a slot of a table lies, 0 when it is absent.
func (f flat) field(table, slot int) int {
	vtable := table - int(int32(binary.LittleEndian.Uint32(f[table:])))
	entry := 4 + 2*slot
	if entry >= int(binary.LittleEndian.Uint16(f[vtable:])) {
		return 0
	}
	offset := int(binary.LittleEndian.Uint16(f[vtable+entry:]))
	if offset == 0 {
		return 0
	}
	return table + offset
}

// vector returns where the elements of a vector in a slot begin and how many there are.
func (f flat) vector(table, slot, size int) (at, n int) {
	place := f.field(table, slot)
	if place == 0 {
		return 0, 0
	}
	at = f.indirect(place)
	n = int(binary.LittleEndian.Uint32(f[at:]))
	if n > (len(f)-at-4)/size {
		panic(fmt.Sprintf("a list of %d elements in %d bytes", n, len(f)))
	}
	return at + 4, n
}
