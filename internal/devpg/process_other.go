//go:build !linux

package devpg

import "syscall"

// endWithParent does nothing: other systems know no parent-death signal, and the next Start ends the leftover instead.
func endWithParent(*syscall.SysProcAttr, syscall.Signal) {}
