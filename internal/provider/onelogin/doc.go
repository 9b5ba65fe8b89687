// Package onelogin has the data sources about what only OneLogin has.
package onelogin
