package columnar

import (
	"fmt"
	"sync"

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

	// Buffers given back are used again after recycle only: the library frees a page's buffer while it still reads it.
	// Finalizers of the library free from a goroutine of their own, hence the lock; which buffer is used again does not
	// show in any value.
	recycles    bool
	lock        sync.Mutex
	freed, free [][]byte
}

func newBudget(bytes int) *budget { return &budget{bytes: bytes} }

// recycle lets the buffers freed so far be used again, which saves zeroing them. The caller holds none of them any more.
func (b *budget) recycle() {
	b.lock.Lock()
	defer b.lock.Unlock()
	b.recycles = true
	b.free, b.freed = append(b.free, b.freed...), b.freed[:0]
	if len(b.free) > maxFree {
		clear(b.free[maxFree:])
		b.free = b.free[:maxFree]
	}
}

// maxFree bounds the buffers kept: a page and its scratch for each of some columns.
const maxFree = 64

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
	b.lock.Lock()
	defer b.lock.Unlock()
	for i, buffer := range b.free {
		if cap(buffer) >= size && cap(buffer) <= 2*size {
			last := len(b.free) - 1
			b.free[i], b.free[last], b.free = b.free[last], nil, b.free[:last]
			return buffer[:size]
		}
	}
	return b.GoAllocator.Allocate(size)
}

// Free implements memory.Allocator.
func (b *budget) Free(buffer []byte) {
	b.lock.Lock()
	defer b.lock.Unlock()
	if b.recycles && cap(buffer) > 0 {
		b.freed = append(b.freed, buffer)
	}
}

// Reallocate implements memory.Allocator.
func (b *budget) Reallocate(size int, old []byte) []byte {
	b.take(max(size-len(old), 0))
	return b.GoAllocator.Reallocate(size, old)
}
