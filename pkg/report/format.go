package report

import (
	"math"
	"strconv"
	"strings"
)

// percent prints a ratio: 0.0123 as "1.23%".
func percent(x float64) string {
	return strconv.FormatFloat(math.Round(float64(x*1e6))/1e4, 'f', -1, 64) + "%"
}

// share prints a probability with one decimal, and more where it is small: "12.3%", "0.04%".
func share(n Number) string {
	x := float64(n)
	switch {
	case !n.Exists():
		return "–"
	case x == 0:
		return "0%"
	case math.Abs(x) < 0.00095:
		return trimZeros(strconv.FormatFloat(x*100, 'f', 3, 64)) + "%"
	}
	return strconv.FormatFloat(x*100, 'f', 1, 64) + "%"
}

// short prints an amount with about three significant digits and a unit: "1.23bn", "45.6m", "7.89k", "12.3".
func short(x float64) string {
	if math.IsNaN(x) {
		return "–"
	}
	a, sign := math.Abs(x), ""
	if x < 0 {
		sign = "−"
	}
	for _, u := range []struct {
		size float64
		name string
	}{{1e12, "tn"}, {1e9, "bn"}, {1e6, "m"}, {1e3, "k"}} {
		if a >= u.size*0.9995 {
			return sign + threeDigits(a/u.size) + u.name
		}
	}
	return sign + threeDigits(a)
}

func threeDigits(a float64) string {
	switch {
	case a == 0:
		return "0"
	case a >= 99.95:
		return strconv.FormatFloat(a, 'f', 0, 64)
	case a >= 9.995:
		return trimZeros(strconv.FormatFloat(a, 'f', 1, 64))
	case a >= 0.01:
		return trimZeros(strconv.FormatFloat(a, 'f', 2, 64))
	}
	return strconv.FormatFloat(a, 'g', 3, 64)
}

func trimZeros(s string) string {
	if !strings.Contains(s, ".") {
		return s
	}
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}

// amount prints a decimal string of the summary with thousands separated and at most two decimals.
func amount(decimal string) string {
	x, err := strconv.ParseFloat(decimal, 64)
	if err != nil {
		return decimal
	}
	return grouped(x, 2)
}

// shortOf is short of a decimal string.
func shortOf(decimal string) string {
	x, err := strconv.ParseFloat(decimal, 64)
	if err != nil {
		return decimal
	}
	return short(x)
}

// price prints a decimal string with thousands separated and all of its decimals.
func price(decimal string) string {
	whole, fraction, has := strings.Cut(decimal, ".")
	whole = separate(whole)
	if has {
		return whole + "." + fraction
	}
	return whole
}

// number prints a statistic in quote currency: two decimals below 1,000, none above.
func number(n Number) string {
	x := float64(n)
	switch {
	case !n.Exists():
		return "–"
	case math.Abs(x) >= 999.5:
		return grouped(x, 0)
	case math.Abs(x) < 0.005:
		return "0"
	}
	return minus(strconv.FormatFloat(x, 'f', 2, 64))
}

// count prints a whole number with thousands separated.
func count[T ~int | ~int32 | ~int64](n T) string { return separate(strconv.FormatInt(int64(n), 10)) }

func grouped(x float64, decimals int) string {
	s := strconv.FormatFloat(math.Abs(x), 'f', decimals, 64)
	whole, fraction, has := strings.Cut(s, ".")
	out := separate(whole)
	if has && strings.Trim(fraction, "0") != "" {
		out += "." + fraction
	}
	if x < 0 && strings.Trim(s, "0.") != "" {
		return "−" + out
	}
	return out
}

func separate(digits string) string {
	sign := ""
	if strings.HasPrefix(digits, "-") {
		sign, digits = "−", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}

// duration prints seconds as a trader says it: "42s", "13m", "2h 05m", "3d 4h".
func duration(n Number) string {
	if !n.Exists() {
		return "–"
	}
	s := int64(math.Round(float64(n)))
	two := func(v int64) string { return strconv.FormatInt(v/10, 10) + strconv.FormatInt(v%10, 10) }
	switch {
	case s < 60:
		return strconv.FormatInt(s, 10) + "s"
	case s < 3600:
		return strconv.FormatInt(s/60, 10) + "m"
	case s < 86400:
		return strconv.FormatInt(s/3600, 10) + "h " + two(s%3600/60) + "m"
	}
	return strconv.FormatInt(s/86400, 10) + "d " + strconv.FormatInt(s%86400/3600, 10) + "h"
}

// clock shortens a time of the summary to what a table needs: "2025-10-10 21:20:37".
func clock(rfc3339 string) string {
	return strings.TrimSuffix(strings.Replace(rfc3339, "T", " ", 1), "Z")
}

// shellWord quotes a word of a command where a shell would read it otherwise.
func shellWord(s string) string {
	plain := func(c rune) bool {
		return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("_-./:=,%+@", c)
	}
	if s != "" && strings.IndexFunc(s, func(c rune) bool { return !plain(c) }) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
