package provider

import (
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/authscopes/terraform-provider-authscopes/internal/authz"
	"github.com/authscopes/terraform-provider-authscopes/internal/authz/diff"
)

// run is what the resources of one Terraform walk (a plan, an apply) have to
// know of each other. Terraform starts a new provider for every walk.
type run struct {
	mu     sync.Mutex
	nonce  string
	lastID int
	claims map[string]claim  // of authoritative resources, by id
	single map[string]string // server id + scope → id of the claim of a single scope

	opened  map[string]bool              // server id + scope: planned for everyone
	listed  map[string]map[string]string // server id → scope → a user type that lists it
	kept    map[string]bool              // server id (and user type or client) + scope: planned to be there
	dropped map[string]bool              // the same: planned to be taken away
	used    map[string]bool              // server id + scope: named by a user type or a client
	renamed map[string]string            // server id + scope: the name it is planned to get
	holders map[string][]holding         // server id + scope: who has it or is to have it
	leaving map[string][]string          // claim id: what only leaves the state, as its plan said
	going   map[string]destroyed         // claim id: what a destroy of the resource deletes
	written map[string]bool              // server id (and user type) + scope: made, changed or granted by this walk
}

// sep stands in no name of a server, a user type or a scope.
const sep = "\x00"

// claim is what one resource says it manages.
type claim struct {
	serverID string
	userType string // "" for resources about the scopes themselves
	names    []string
	filter   diff.Filter
}

// holding is a user type or a client that has a scope or names it, and of what the
// filter manages all that it is to have.
type holding struct {
	holder string
	filter diff.Filter
	names  []string
}

// keeps is whether the holder would have a scope that is not for it, once the one
// of the old name has the new one. Who still names the old one does not mean it.
// What was outside of the filter counts only where the new name is inside.
func (h holding) keeps(old, name string) bool {
	if !h.filter.Manages(old) {
		return h.filter.Manages(name) && !slices.Contains(h.names, name)
	}
	return slices.Contains(h.names, old) || !slices.Contains(h.names, name)
}

func newRun() *run {
	return &run{
		nonce: rand.Text(), claims: map[string]claim{}, single: map[string]string{}, opened: map[string]bool{},
		listed: map[string]map[string]string{}, written: map[string]bool{},
		kept: map[string]bool{}, dropped: map[string]bool{}, used: map[string]bool{}, leaving: map[string][]string{}, going: map[string]destroyed{},
		renamed: map[string]string{}, holders: map[string][]holding{},
	}
}

// claim notes what an authoritative resource manages and answers with the id
// of the claim and with the names that another resource manages too. A resource
// that is planned a second time in the same walk (a replacement) gives the id
// of its first claim.
func (r *run) claim(id string, c claim) (string, []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	id = r.ownID(id)
	var overlaps []string
	for otherID, other := range r.claims {
		if otherID == id || other.serverID != c.serverID || other.userType != c.userType {
			continue
		}
		overlaps = append(overlaps, managed(c.names, other.filter)...)
		overlaps = append(overlaps, managed(other.names, c.filter)...)
	}
	for key := range r.single {
		if name, here := strings.CutPrefix(key, c.serverID+sep); here && c.userType == "" && c.filter.Manages(name) {
			overlaps = append(overlaps, name)
		}
	}
	r.claims[id] = c
	slices.Sort(overlaps)
	return id, slices.Compact(overlaps)
}

// claimSingle does the same for a resource that manages one scope, by the name
// it is to have and, when it is renamed, by the one it has. It answers with the
// first name that another resource manages too, "" without one.
func (r *run) claimSingle(id, serverID string, names ...string) (claimID, taken string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	id = r.ownID(id)
	for _, name := range names {
		key := serverID + sep + name
		other, is := r.single[key]
		is = is && other != id
		for _, c := range r.claims {
			is = is || c.serverID == serverID && c.userType == "" && c.filter.Manages(name)
		}
		if is && taken == "" {
			taken = name
		}
		r.single[key] = id
	}
	return id, taken
}

// ownID keeps an id of this walk; one of an earlier walk, out of the state, is
// replaced.
func (r *run) ownID(id string) string {
	if r.isOwn(id) {
		return id
	}
	r.lastID++
	return fmt.Sprintf("%s-%d", r.nonce, r.lastID)
}

func (r *run) isOwn(id string) bool { return strings.HasPrefix(id, r.nonce+"-") }

func managed(names []string, f diff.Filter) []string {
	return slices.DeleteFunc(slices.Clone(names), func(n string) bool { return !f.Manages(n) })
}

// open notes scopes that are planned for everyone and answers with the user
// types of this run that list them: name → user type.
func (r *run) open(serverID string, names []string) map[string]string {
	r.mu.Lock()
	defer r.mu.Unlock()
	contradictions := map[string]string{}
	for _, n := range names {
		r.opened[serverID+sep+n] = true
		if userType, ok := r.listed[serverID][n]; ok {
			contradictions[n] = userType
		}
	}
	return contradictions
}

// list notes the scopes that a user type lists and answers with those that this
// run plans for everyone.
func (r *run) list(serverID, userType string, names []string) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.listed[serverID] == nil {
		r.listed[serverID] = map[string]string{}
	}
	var contradictions []string
	for _, n := range names {
		r.listed[serverID][n] = userType
		if r.opened[serverID+sep+n] {
			contradictions = append(contradictions, n)
		}
	}
	return contradictions
}

// leave notes what a plan said only leaves the state. left answers with it when
// the same resource is planned again, without its state, to be replaced: its
// destroy would take that away all the same.
func (r *run) leave(id string, names []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.leaving[id] = names
}

func (r *run) left(id string) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.leaving[id]
}

// destroyed is what a destroy of a resource deletes, and the most that it may.
type destroyed struct {
	names []string
	bound types.Int64
}

// goes notes what a destroy of a resource deletes. gone answers with it when the same
// resource is planned again, without its state, to be replaced.
func (r *run) goes(id string, d destroyed) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.going[id] = d
}

func (r *run) gone(id string) destroyed {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.going[id]
}

// keep notes what a resource is to hold on a server, or for a user type or a
// client, and answers with what another resource of this walk takes away there.
func (r *run) keep(place string, names []string) []string {
	return r.note(r.kept, r.dropped, place, names)
}

// drop notes what a resource takes away and answers with what another resource
// of this walk is to hold there. What this walk has written is not among it: no
// Delete of it takes that away (the second half of a create_before_destroy).
func (r *run) drop(place string, names []string) []string {
	names = slices.DeleteFunc(slices.Clone(names), func(n string) bool { return r.hasWritten(place, n) })
	return r.note(r.dropped, r.kept, place, names)
}

// use notes scopes that a user type or a client names and answers with those
// that this walk deletes.
func (r *run) use(serverID string, names []string) []string {
	return r.note(r.used, r.dropped, serverID, names)
}

// inUse lists those of the scopes that a user type or a client of this walk names.
func (r *run) inUse(serverID string, names []string) []string {
	names = slices.DeleteFunc(slices.Clone(names), func(n string) bool { return r.hasWritten(serverID, n) })
	return r.note(map[string]bool{}, r.used, serverID, names)
}

// rename notes that a scope is to get another name, which whoever has it keeps,
// and answers with the holders of this walk that are not to have it.
func (r *run) rename(serverID, old, name string) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.renamed[serverID+sep+old] = name
	var keep []string
	for _, h := range r.holders[serverID+sep+old] {
		if h.keeps(old, name) {
			keep = append(keep, h.holder)
		}
	}
	slices.Sort(keep)
	return slices.Compact(keep)
}

// hold notes what a holder has, and what it is to have, and answers with what of it
// this walk renames into something that is not for it: old name → new one.
func (r *run) hold(serverID string, h holding, has []string) map[string]string {
	r.mu.Lock()
	defer r.mu.Unlock()
	keep := map[string]string{}
	for _, old := range authz.NameSet(slices.Concat(has, h.names)...) {
		key := serverID + sep + old
		r.holders[key] = append(r.holders[key], h)
		if name, is := r.renamed[key]; is && h.keeps(old, name) {
			keep[old] = name
		}
	}
	return keep
}

func (r *run) note(here, there map[string]bool, place string, names []string) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var both []string
	for _, n := range names {
		key := place + sep + n
		here[key] = true
		if there[key] {
			both = append(both, n)
		}
	}
	return both
}

// wrote notes scopes that this walk made or changed: no Delete of the same walk
// removes them, as the second half of a create_before_destroy would.
func (r *run) wrote(serverID string, names ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, n := range names {
		r.written[serverID+sep+n] = true
	}
}

func (r *run) hasWritten(serverID, name string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.written[serverID+sep+name]
}
