package strategy

// Params are a rule's parameters as written in a scenario: name to text. Their typed readers report the key, the value
// and what was expected.
type Params map[string]string
