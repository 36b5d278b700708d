package scenario

// source remembers where the values of a scenario stand in its file.
type source struct {
	name string
}
