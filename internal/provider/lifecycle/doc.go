// Package lifecycle has what every resource shares: create, read, update and delete with the
// rules about what is stored, the private state, the intents of a plan, imports and lists.
package lifecycle
