// Package report has the data sources that report on a server: drift, which compares it with
// definitions, and access_matrix, which shows who can get each scope.
package report
