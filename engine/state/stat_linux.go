package state

import (
	"io/fs"
	"syscall"
	"time"

	gitindex "github.com/go-git/go-git/v5/plumbing/format/index"
)

// fillStat adds what Git compares beside size and time.
func fillStat(e *gitindex.Entry, info fs.FileInfo) {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return
	}
	e.CreatedAt = time.Unix(int64(stat.Ctim.Sec), int64(stat.Ctim.Nsec))
	e.Dev = uint32(stat.Dev)
	e.Inode = uint32(stat.Ino)
	e.UID = stat.Uid
	e.GID = stat.Gid
}
