// Package faulttest tests every driver with everything that a network, a proxy or a server can do
// wrong: a table of faults, a table of operations, and the properties that hold for each pair. It
// has no code but its tests.
package faulttest
