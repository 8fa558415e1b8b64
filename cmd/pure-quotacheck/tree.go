package main

import (
	"errors"

	"pureftpd/internal/ftp"
	"pureftpd/internal/rootfs"
)

// A tree is the directory that is counted, as its owner sees it. It opens what the owner has closed to himself: files in
// such directories take up room like others, and the server lets their owner open them with SITE CHMOD as well.
type tree struct {
	root *rootfs.Root
	uid  uint32
}

// Facts makes it a quota.Tree.
func (t tree) Facts(path string, follow bool) (ftp.Facts, error) { return t.root.Facts(path, follow) }

// ReadDir reads a directory, after opening it if the owner may.
func (t tree) ReadDir(path string, fn func(name []byte, facts *ftp.Facts) bool) error {
	closed := t.open(path, 0o500)
	if err := t.root.ReadDir(path, rootfs.WithFacts, fn); err != nil {
		return errors.Join(err, closed)
	}
	return nil // then it did not need opening
}

// open gives the owner of a directory the rights that are missing, if he is the one in whose name is counted.
func (t tree) open(path string, rights uint32) error {
	facts, err := t.root.Facts(path, true)
	if err != nil || facts.UID != t.uid || facts.Mode&rights == rights {
		return err
	}
	return t.root.Chmod(path, facts.Mode&0o7777|rights)
}

// nothing is for directories of which only matters whether they can be read.
func nothing([]byte, *ftp.Facts) bool { return false }
