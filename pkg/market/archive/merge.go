package archive

import (
	"sort"
)

// merge folds the tables of one series, read from files, into one. Identical rows are dropped and counted; rows of one
// time that differ go to report.
func merge(tables []*table, files []*File, report report) (t *table, dropped int, err error) {
	sort.SliceStable(tables, func(i, j int) bool {
		return tables[i].len() > 0 && tables[j].len() > 0 && tables[i].compare(0, tables[j], 0) < 0
	})
	if len(tables) == 1 {
		return tables[0], 0, nil
	}
	all := tables[0].like(tables[1])
	for _, next := range tables[2:] {
		all = all.like(next)
	}
	for _, next := range tables {
		n, err := all.fold(next, files, report)
		dropped += n
		if err != nil {
			return nil, dropped, err
		}
	}
	return all, dropped, nil
}

// fold adds a table whose first row is not before t's first. Only the overlap is merged row by row.
func (t *table) fold(next *table, files []*File, report report) (dropped int, err error) {
	if next.len() == 0 {
		return 0, nil
	}
	n := sort.Search(t.len(), func(i int) bool { return t.compare(i, next, 0) >= 0 })
	tail := t.like(t)
	tail.add(t, n, t.len())
	t.cut(n)
	i, j := 0, 0
	for i < tail.len() && j < next.len() {
		switch order := tail.compare(i, next, j); {
		case order < 0:
			t.add(tail, i, i+1)
			i++
		case order > 0:
			t.add(next, j, j+1)
			j++
		default:
			if column, a, b := tail.differ(i, next, j); column == "" {
				dropped++
			} else if err := report(conflict(tail.origins[i], next.origins[j], files, column, a, b, tail.time(i).String())); err != nil {
				return dropped, err
			}
			t.add(tail, i, i+1)
			i, j = i+1, j+1
		}
	}
	t.add(tail, i, tail.len())
	t.add(next, j, next.len())
	return dropped, nil
}

func conflict(a, b origin, files []*File, column, was, is, time string) *Error {
	return &Error{File: files[b.file].Name(), Line: int(b.line), Column: column, Value: is, Code: "conflict",
		Expected: was + ", which " + files[a.file].Name() + " line " + itoa(a.line) + " says for " + time,
		Remedy:   "import only one of the two files"}
}
