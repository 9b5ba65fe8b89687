// Package pace has the data source of PACE, whose server compares definitions itself.
package pace
