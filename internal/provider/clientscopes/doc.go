// Package clientscopes has the resource, data source and list for the scopes of one client.
package clientscopes
