package local

import (
	"os/exec"
	"syscall"
	"time"
)

// grace is how long a cancelled command has to clean up after itself.
const grace = 5 * time.Second

// group gives a command a process group of its own and ends all of it when the command is cancelled: the shell alone
// would leave its children behind.
func group(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error {
		all := -cmd.Process.Pid
		time.AfterFunc(grace, func() { _ = syscall.Kill(all, syscall.SIGKILL) })
		return syscall.Kill(all, syscall.SIGTERM)
	}
	cmd.WaitDelay = grace
}
