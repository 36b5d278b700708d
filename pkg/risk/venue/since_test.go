package venue

import (
	"strings"
	"testing"
)

// The day from which a formula divides the funding rate is read, and belongs to that formula alone.
func TestFundingDividedFrom(t *testing.T) {
	if got := load(t, "binance/2025-10").FundingDividedFrom.String(); got != "2025-09-18T08:01:00Z" {
		t.Errorf("the funding rate is divided from %s on, expected 2025-09-18T08:01:00Z", got)
	}
	text := string(load(t, "binance/2025-10").YAML())
	for _, c := range []struct{ old, new, want string }{
		{"from: 2025-09-18T08:01:00Z", "from: autumn", `policies.funding_rate.from is "autumn", expected a UTC time`},
		{"funding_rate: {is: premium_and_interest_by_interval,", "funding_rate: {is: premium_and_interest,", "policies.funding_rate.from: expected with funding_rate: premium_and_interest_by_interval only"},
	} {
		if _, err := Parse("changed.yaml", []byte(strings.Replace(text, c.old, c.new, 1))); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, expected %q", c.new, err, c.want)
		}
	}
}
