// Package faulttest holds every driver against everything that a network, a
// proxy or a server can do wrong: one table of faults, one of operations, and
// what must hold for each pair of them. It has no code but its tests.
package faulttest
