package venue

// Choice is a policy and the values that it may have.
type Choice struct {
	Policy string
	Values []string
}

// Choices lists all policies in the order in which a position meets them.
func Choices() []Choice {
	list := make([]Choice, len(policyFields))
	for i := range policyFields {
		list[i].Policy = policyFields[i].key
		for _, c := range policyFields[i].choices {
			list[i].Values = append(list[i].Values, c.name)
		}
	}
	return list
}
