// Package tftypes has the types of the plugin framework that this provider defines itself,
// because the framework's own types are too slow for large collections.
package tftypes
