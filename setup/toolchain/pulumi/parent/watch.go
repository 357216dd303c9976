// Package parent ends a plug-in whose engine was killed and so could not end it.
package parent

import (
	"os"
	"syscall"
	"time"
)

const (
	interval = time.Second
	grace    = 10 * time.Second
)

// Watch ends this process when the process that started it is gone: first with an interrupt, so that what is under way
// can be cancelled, then for good. PR_SET_PDEATHSIG would not do: it fires when the engine's *thread* ends.
func Watch() {
	parent := os.Getppid()
	go func() {
		for os.Getppid() == parent {
			time.Sleep(interval)
		}
		_ = syscall.Kill(os.Getpid(), syscall.SIGINT)
		time.Sleep(grace)
		os.Exit(1)
	}()
}
