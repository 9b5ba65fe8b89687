//go:build !unix

package provider

import (
	"os"
)

// quit is never sent where processes are not found.
var quit = os.Kill
