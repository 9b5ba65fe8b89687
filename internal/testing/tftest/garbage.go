// Package tftest runs Terraform in tests.
package tftest

import (
	"errors"
	"os"
	"runtime/debug"
)

// SaveTime lets the test binary collect garbage less often, and the commands that it starts only if they
// use much memory. A command of Terraform runs for a moment and spends a third of its time on garbage.
func SaveTime() error {
	debug.SetGCPercent(400)
	return errors.Join(os.Setenv("GOGC", "off"), os.Setenv("GOMEMLIMIT", "512MiB"))
}
