//go:build !unix

package keycloak

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
)

func ownGroup(*exec.Cmd) {}

// killGroup kills the process alone: there are no process groups here.
func killGroup(pid int) error {
	p, err := os.FindProcess(pid)
	if err == nil {
		err = p.Kill()
	}
	if err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("kill the process %d: %w", pid, err)
	}
	return nil
}
