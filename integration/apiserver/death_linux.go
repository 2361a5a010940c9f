package apiserver

import "syscall"

// dieWithParent has a program end with the test, however that one ends.
func dieWithParent() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
