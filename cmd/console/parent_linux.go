package main

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// endWithParent asks the kernel for a SIGTERM when the process that started us
// dies, be it by kill -9, so that a trial leaves nothing running. The request
// belongs to the thread, which has to stay.
func endWithParent() {
	runtime.LockOSThread()
	// Refused only for a signal that does not exist.
	_ = unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(unix.SIGTERM), 0, 0, 0)
}
