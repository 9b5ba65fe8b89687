package check

func serverTable() []result {
	other := func(change func(*ServerInput)) ServerInput {
		in := ServerInput{Was: "1", Now: "2"}
		change(&in)
		return in
	}
	missing := other(func(in *ServerInput) { in.Missing = true })
	destroyed := other(func(in *ServerInput) { in.Destroys = true })
	removed := other(func(in *ServerInput) { in.Removed = []string{"a"} })
	same := other(func(*ServerInput) {})
	return []result{
		{"another server, a destroy", Server(destroyed), []Finding{{Code: ServerReplacedRemoves, Data: destroyed}}},
		{"another server, a missing object", Server(missing), []Finding{{Code: ServerReplacedRemoves, Data: missing}}},
		{"another server, a removal", Server(removed), []Finding{{Code: ServerReplacedRemoves, Subjects: []string{"a"}, Data: removed}}},
		{"another server, nothing is removed", Server(same), []Finding{{Code: ServerReplaced, Severity: Warn, Data: same}}},
	}
}
