//go:build unix

package provider

import (
	"syscall"
)

// quit makes a Go program write its stacks and end.
const quit = syscall.SIGQUIT
