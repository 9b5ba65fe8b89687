package engine

import (
	"context"
	"sync"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
)

// serverUIDs are the servers' own IDs, read once. The zero value is empty.
type serverUIDs struct {
	mu  sync.Mutex
	all map[string]string // by server ID
}

// UID returns the server's own ID of a server, or "" if it has none, or if it could not be
// read. It takes no request after a snapshot.
func (s *Server) UID(ctx context.Context, serverID string) string {
	identifier, ok := s.driver.(authz.Identifier)
	if !ok {
		return ""
	}
	s.uids.mu.Lock()
	defer s.uids.mu.Unlock()
	if uid, known := s.uids.all[serverID]; known {
		return uid
	}
	uid, err := identifier.ServerUID(ctx, serverID)
	if err != nil && authz.KindOf(err) != authz.Denied {
		return "" // perhaps the next read succeeds
	}
	if s.uids.all == nil {
		s.uids.all = map[string]string{}
	}
	s.uids.all[serverID] = uid
	return uid
}
