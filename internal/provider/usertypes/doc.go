// Package usertypes has the resources, data sources and lists for the scopes of user types:
// server_grants for all user types, and user_type_scopes for one.
package usertypes
