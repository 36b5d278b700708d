package risk

import "slices"

// entry is a place in a queue: an id that becomes interesting when the moving quantity reaches key. It counts only
// while its generation is still that of the position or order it names.
type entry struct {
	key        int64
	id         int32
	generation uint32
}

// queue yields entries by ascending key, ties by id. What was filed in bulk lies in a sorted slice that is consumed
// from the front; what is filed one at a time goes to a heap beside it. A quiet tick looks at two keys.
type queue struct {
	sorted  []entry // ascending from head
	head    int
	heap    []entry
	pending []entry // filed since the last look
}

func (q *queue) push(e entry) { q.pending = append(q.pending, e) }

// next removes and returns the first entry with key <= x.
func (q *queue) next(x int64) (entry, bool) {
	if len(q.pending) > 0 {
		q.settle()
	}
	inSorted := q.head < len(q.sorted) && q.sorted[q.head].key <= x
	if len(q.heap) > 0 && q.heap[0].key <= x && (!inSorted || before(q.heap[0], q.sorted[q.head])) {
		return q.popHeap(), true
	}
	if inSorted {
		q.head++
		return q.sorted[q.head-1], true
	}
	return entry{}, false
}

// settle files what is pending: merged into the sorted part when there is much of it, since a merge costs as much as
// what is there, and into the heap otherwise.
func (q *queue) settle() {
	waiting := len(q.sorted) - q.head + len(q.heap)
	if len(q.pending) < 64 || len(q.pending) < waiting/8 {
		for _, e := range q.pending {
			q.heap = append(q.heap, e)
			q.up(len(q.heap) - 1)
		}
		q.pending = q.pending[:0]
		return
	}
	q.pending = append(q.pending, q.heap...)
	slices.SortFunc(q.pending, compare)
	rest := q.sorted[q.head:]
	if len(rest) == 0 {
		q.sorted, q.pending = q.pending, q.sorted[:0]
	} else {
		merged := make([]entry, 0, len(rest)+len(q.pending))
		for len(rest) > 0 && len(q.pending) > 0 {
			if before(q.pending[0], rest[0]) {
				merged, q.pending = append(merged, q.pending[0]), q.pending[1:]
			} else {
				merged, rest = append(merged, rest[0]), rest[1:]
			}
		}
		q.sorted = append(append(merged, rest...), q.pending...)
		q.pending = nil
	}
	q.head, q.heap = 0, q.heap[:0]
}

func compare(a, b entry) int {
	switch {
	case before(a, b):
		return -1
	case before(b, a):
		return 1
	}
	return 0
}

func before(a, b entry) bool { return a.key < b.key || a.key == b.key && a.id < b.id }

func (q *queue) up(i int) {
	for i > 0 {
		parent := (i - 1) / 2
		if !before(q.heap[i], q.heap[parent]) {
			return
		}
		q.heap[i], q.heap[parent] = q.heap[parent], q.heap[i]
		i = parent
	}
}

func (q *queue) popHeap() entry {
	top := q.heap[0]
	last := len(q.heap) - 1
	q.heap[0] = q.heap[last]
	q.heap = q.heap[:last]
	for i := 0; ; {
		child := 2*i + 1
		if child >= last {
			break
		}
		if child+1 < last && before(q.heap[child+1], q.heap[child]) {
			child++
		}
		if !before(q.heap[child], q.heap[i]) {
			break
		}
		q.heap[i], q.heap[child] = q.heap[child], q.heap[i]
		i = child
	}
	return top
}

// size counts what is filed, stale entries included.
func (q *queue) size() int { return len(q.sorted) - q.head + len(q.heap) + len(q.pending) }
