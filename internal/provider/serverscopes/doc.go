// Package serverscopes has the resources, data sources and lists for the scopes of a server:
// server_scopes for all of them, and server_scope for one.
package serverscopes
