// Package definitions has what reads scopes from OpenAPI documents: a data source, and a
// function. Neither needs a server.
package definitions
