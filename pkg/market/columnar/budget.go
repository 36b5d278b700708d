package columnar

import (
	"fmt"

	"github.com/apache/arrow/go/v17/arrow/memory"
)

// defaultBudget bounds what one batch of a file may ask for: a row group of 65,536 rows takes 5 MiB, a single page or
// record batch of other writers rarely more than 64 MiB.
const defaultBudget = 512 << 20

// budget is an allocator that refuses, by a panic that recovered turns into an error, when a batch asks for more than
// its bytes: sizes in a damaged file can ask for terabytes, which the runtime answers by ending the process.
type budget struct {
	memory.GoAllocator
	bytes, used int
}

func newBudget(bytes int) *budget { return &budget{bytes: bytes} }

// reset starts the next batch.
func (b *budget) reset() { b.used = 0 }

func (b *budget) take(size int) {
	if size < 0 || size > b.bytes-b.used {
		panic(fmt.Sprintf("a batch asks for %d bytes, at most %d MiB are given", size, b.bytes>>20))
	}
	b.used += size
}

// Allocate implements memory.Allocator.
func (b *budget) Allocate(size int) []byte {
	b.take(size)
	return b.GoAllocator.Allocate(size)
}

// Reallocate implements memory.Allocator.
func (b *budget) Reallocate(size int, old []byte) []byte {
	b.take(max(size-len(old), 0))
	return b.GoAllocator.Reallocate(size, old)
}
