package strategy

// Watch is the price a stop or take-profit is triggered by.
type Watch uint8

// The three prices a trigger can watch.
const (
	WatchMark Watch = iota
	WatchLast
	WatchIndex
)

var watchNames = [...]string{"mark", "last", "index"}

// String prints "mark", "last" or "index".
func (w Watch) String() string { return watchNames[w%3] }

// ParseWatch reads what String prints; ok is false for anything else.
func ParseWatch(s string) (w Watch, ok bool) {
	for i, name := range watchNames {
		if s == name {
			return Watch(i), true
		}
	}
	return 0, false
}
