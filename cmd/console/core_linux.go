package main

import (
	"errors"

	"golang.org/x/sys/unix"
)

// leaveNoCore keeps the process's memory, which holds opened keys, out of core
// dumps, those that are piped to a program included, and away from debuggers of
// the same account.
func leaveNoCore() error {
	return errors.Join(unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{}), unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0))
}
