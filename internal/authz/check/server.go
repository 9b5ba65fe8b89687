package check

// Findings about a state that belongs to another server.
const (
	ServerReplaced        Code = "server.replaced"         // Data: ServerInput; no subjects
	ServerReplacedRemoves Code = "server.replaced_removes" // Data: ServerInput; subjects: what is removed, none for a destroy
)

func serverCodes() []Code { return []Code{ServerReplaced, ServerReplacedRemoves} }

// ServerInput describes a state whose server has another ID of its own now.
type ServerInput struct {
	Was, Now string // the server's own IDs
	Destroys bool   // the plan destroys the resource
	Missing  bool   // a write is about an object that the present server does not have
	Removed  []string
}

// Server rejects a plan that removes something from another server than the one of the
// state, and reports any other plan.
func Server(in ServerInput) []Finding {
	if in.Destroys || in.Missing || len(in.Removed) > 0 {
		return []Finding{{Code: ServerReplacedRemoves, Subjects: in.Removed, Data: in}}
	}
	return []Finding{{Code: ServerReplaced, Severity: Warn, Data: in}}
}
