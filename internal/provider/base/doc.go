// Package base has what every resource and data source of the provider shares: the configured
// server, its snapshots and server IDs, messages about it, and timeouts.
package base
