package mix

import "testing"

// The first outputs for seed 1234567, as the authors' reference implementation in C (splitmix64.c) prints them.
func TestSplitMix64(t *testing.T) {
	for k, want := range []uint64{6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431, 16408922859458223821} {
		if got := At(1234567, uint64(k)); got != want {
			t.Errorf("output %d: %d; expected %d", k, got, want)
		}
	}
	if Hash(1234567) != 6457827717110365317 {
		t.Error("Hash is not the first output")
	}
}
