package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"

	"pureftpd/internal/progress"
	"pureftpd/internal/quota"
	"pureftpd/internal/rootfs"
)

// recount does what the program is for.
func (c *command) recount(ctx context.Context, r request) error {
	o, err := c.users.owner(r)
	if err != nil {
		return err
	}
	root, err := c.enter(r.directory, o)
	if err != nil {
		return err
	}
	defer root.Close()
	t := tree{root, uint32(o.uid)}
	closed := t.open("/", 0o700)
	if err := root.ReadDir("/", rootfs.Names, nothing); err != nil {
		return fail(exitTraverse, "cannot read all of %s: %s", r.directory, reason(errors.Join(err, closed)))
	}
	ledger, err := quota.NewBook().Open(func() (quota.File, error) {
		return root.OpenFile("/"+quota.FileName, rootfs.Read|rootfs.Write|rootfs.Create, 0o600)
	})
	if err != nil {
		return unwritable(err)
	}
	result, err := c.count(ctx, ledger, t, r.directory)
	if unsaved := ledger.Close(); err == nil && unsaved != nil {
		err = unwritable(unsaved)
	}
	if err == nil && r.verbose {
		err = c.tell(r.directory, result)
	}
	return err
}

func unwritable(err error) error {
	return fail(exitWrite, "cannot write %s: %s", quota.FileName, reason(err))
}

// enter opens the directory, as root if the program is root's, and becomes the owner.
func (c *command) enter(directory string, o owner) (*rootfs.Root, error) {
	const message = "cannot enter %s: %s"
	var groups []int
	if c.root {
		var err error
		if groups, err = c.users.groupsOf(o); err != nil {
			return nil, fail(exitEnter, "cannot become the user: %s", reason(err))
		}
	}
	path, err := absolute(directory)
	if err != nil {
		return nil, fail(exitEnter, message, directory, reason(err))
	}
	root, err := rootfs.NewCache().Open(rootfs.Options{Path: path})
	if err != nil {
		return nil, fail(exitEnter, message, directory, reason(err))
	}
	if c.root {
		if err := o.become(groups); err != nil {
			root.Close()
			return nil, fail(exitEnter, "cannot become the user: %s", reason(err))
		}
	}
	return root, nil
}

// absolute is the pathname of a directory seen from the root. It is not tidied up: ".." is for the kernel to follow.
func absolute(directory string) (string, error) {
	switch {
	case directory == "":
		return "", syscall.ENOENT
	case strings.HasPrefix(directory, "/"):
		return directory, nil
	}
	here, err := os.Getwd()
	return here + "/" + directory, err
}

// count counts and records what it finds. Directories that were left out are told when the count is over.
func (c *command) count(ctx context.Context, ledger *quota.Ledger, t tree, directory string) (quota.Recounting, error) {
	bar := progress.New(c.stderr, 0, "entries")
	var closed []string
	var broken error // what the count failed of, apart from what the quota file did
	watch := quota.Watch{
		Entries: bar.Add,
		Closed: func(path string, err error) {
			closed = append(closed, fmt.Sprintf("%s is not counted: %s", path, reason(err)))
		},
	}
	result, err := ledger.Recount(func() (u quota.Usage, err error) {
		closed = nil
		u, broken = quota.Count(ctx, t, watch)
		return u, broken
	})
	bar.Done()
	for _, line := range closed {
		c.complain("%s: %s", c.name, line)
	}
	switch {
	case broken != nil:
		return result, fail(exitTraverse, "cannot read all of %s: %s", directory, reason(broken))
	case err != nil:
		return result, unwritable(err)
	}
	return result, nil
}

// tell is the answer to --verbose.
func (c *command) tell(directory string, r quota.Recounting) error {
	before := fmt.Sprintf("%d files, %d bytes", r.Before.Files, r.Before.Bytes)
	if r.Damaged {
		before = "damaged"
	}
	_, err := fmt.Fprintf(c.stdout, "%s: %d files, %d bytes (was: %s)\n", directory, r.After.Files, r.After.Bytes, before)
	if err != nil {
		return fmt.Errorf("standard output: %w", err)
	}
	return nil
}
