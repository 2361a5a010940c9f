//go:build !linux

package apiserver

import "syscall"

// dieWithParent is Linux's to give.
func dieWithParent() *syscall.SysProcAttr { return nil }
