package market

import "time"

// Time is a moment in milliseconds since 1970-01-01 UTC, the resolution in which venues publish candles.
type Time int64

// Durations in milliseconds.
const (
	Second Time = 1000
	Minute      = 60 * Second
	Hour        = 60 * Minute
	Day         = 24 * Hour
)

// TimeOf converts t, dropping what is below a millisecond.
func TimeOf(t time.Time) Time { return Time(t.UnixMilli()) }

// UTC returns t for printing.
func (t Time) UTC() time.Time { return time.UnixMilli(int64(t)).UTC() }

// String prints RFC 3339 in UTC, with milliseconds only where there are any.
func (t Time) String() string {
	if t%Second == 0 {
		return t.UTC().Format("2006-01-02T15:04:05Z")
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}

// ParseTime reads RFC 3339 ("2025-10-10T21:20:00Z") or a UTC date or date and time ("2025-10-10",
// "2025-10-10 21:20", "2025-10-10 21:20:37").
func ParseTime(s string) (Time, error) {
	for _, layout := range []string{"2006-01-02 15:04:05", "2006-01-02 15:04", "2006-01-02"} {
		if t, err := time.ParseInLocation(layout, s, time.UTC); err == nil {
			return TimeOf(t), nil
		}
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return 0, &time.ParseError{Value: s, Message: ": expected a UTC time such as 2025-10-10T21:20:00Z"}
	}
	return TimeOf(t), nil
}

// Interval is the length of a bar.
type Interval = Time

// FormatInterval prints an interval as venues name it: 1s, 1m, 5m, 1h, 1d.
func FormatInterval(d Interval) string {
	for _, u := range []struct {
		unit Time
		name string
	}{{Day, "d"}, {Hour, "h"}, {Minute, "m"}, {Second, "s"}} {
		if d >= u.unit && d%u.unit == 0 {
			return Format(int64(d/u.unit)*Scale) + u.name
		}
	}
	return Format(int64(d)*Scale) + "ms"
}

// ParseInterval reads what FormatInterval prints; ok is false for anything else.
func ParseInterval(s string) (d Interval, ok bool) {
	if len(s) < 2 {
		return 0, false
	}
	unit, ok := map[byte]Time{'s': Second, 'm': Minute, 'h': Hour, 'd': Day}[s[len(s)-1]]
	if !ok {
		return 0, false
	}
	for _, c := range s[:len(s)-1] {
		if c < '0' || c > '9' || d > 1_000_000 {
			return 0, false
		}
		d = d*10 + Time(c-'0')
	}
	return d * unit, d > 0
}
