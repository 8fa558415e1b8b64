package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"
)

// The one user all servers know, as a system user or in a file of their own.
const (
	userName = "bench"
	password = "bench-password"
	userID   = 5000
)

// hashes are crypt(3) hashes of password, the cheapest of their kind that every server verifies.
func hashes() map[string]string {
	return map[string]string{
		"md5": "$1$benchsal$XusGV7dYH9upOECcQQC1K1",
		"sha512": "$6$rounds=1000$benchsalt$CyTloOiCHw0hwUCEL4KBSJE6/8Z7ItZTLOqF5RXRcZ3Mf1Yw" +
			"mlnmAFy8X2n7sFrO3q/Lcp2MJiS6/MknC399Y0",
	}
}

// A stage is the private file tree of a run.
type stage struct {
	*plan
	conf string // configuration and account files
	home string // the user's home and root: a tmpfs, with the disk below home/disk

	index string // the .pdb file that servers read; "" makes a small one
}

const (
	manyFiles = 10000
	smallSize = 1 << 10
	midSize   = 64 << 10
)

// setStage mounts and fills the private tree. All mounts are private to the namespace.
func setStage(p *plan) (*stage, error) {
	if err := unix.Mount("bench", p.Stage, "tmpfs", 0, "mode=755,size=80%"); err != nil {
		return nil, fmt.Errorf("mount stage: %w", err)
	}
	st := &stage{plan: p,
		conf: filepath.Join(p.Stage, "conf"),
		home: filepath.Join(p.Stage, "home"),
	}
	for _, dir := range []string{"", "up", "many", "disk"} {
		if err := st.makeOwned(filepath.Join(st.home, dir)); err != nil {
			return nil, err
		}
	}
	if err := os.Mkdir(st.conf, 0o755); err != nil {
		return nil, err
	}
	if st.TLS != "" {
		if err := makeCertificate(st.certificate(), st.Key); err != nil {
			return nil, err
		}
	}
	if err := st.mountDisk(); err != nil {
		return nil, err
	}
	if err := st.mountAccounts(); err != nil {
		return nil, err
	}
	return st, st.fill()
}

// mountDisk puts a directory of the disk's file system below the home.
func (st *stage) mountDisk() error {
	inside := filepath.Join(st.home, "disk")
	if err := unix.Mount(st.Disk, inside, "", unix.MS_BIND, ""); err != nil {
		return fmt.Errorf("mount disk: %w", err)
	}
	return os.Chown(inside, userID, userID)
}

// makeOwned makes a directory of the user's.
func (st *stage) makeOwned(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return os.Chown(dir, userID, userID)
}

// mountAccounts hides the machine's accounts, PAM services and run directory behind private ones.
func (st *stage) mountAccounts() error {
	id := strconv.Itoa(userID)
	for _, file := range []struct {
		path, text string
		mode       os.FileMode
	}{
		{"/etc/passwd", "root:x:0:0:root:/root:/bin/sh\n" +
			"nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n" +
			userName + ":x:" + id + ":" + id + "::" + st.home + ":/bin/sh\n", 0o644},
		{"/etc/group", "root:x:0:\nnogroup:x:65534:\n" + userName + ":x:" + id + ":\n", 0o644},
		{"/etc/shadow", userName + ":" + hashes()[st.Hash] + ":19000:0:99999:7:::\n", 0o600},
		{"/etc/shells", "/bin/sh\n", 0o644},
	} {
		private := filepath.Join(st.conf, filepath.Base(file.path))
		if err := os.WriteFile(private, []byte(file.text), file.mode); err != nil {
			return err
		}
		if err := unix.Mount(private, file.path, "", unix.MS_BIND, ""); err != nil {
			return fmt.Errorf("mount %s: %w", file.path, err)
		}
	}
	for _, dir := range []string{"/run", "/etc/pam.d"} {
		if err := unix.Mount("bench", dir, "tmpfs", 0, "mode=755"); err != nil {
			return fmt.Errorf("mount %s: %w", dir, err)
		}
	}
	const pam = "auth required pam_unix.so\naccount required pam_permit.so\n" +
		"session required pam_permit.so\n"
	return errors.Join(
		os.WriteFile("/etc/pam.d/vsftpd", []byte(pam), 0o644),
		os.MkdirAll("/run/pure-ftpd", 0o755),
		os.MkdirAll("/run/vsftpd/empty", 0o755),
	)
}

// fill makes the files the scenarios fetch. Afterwards all of them lie in the page cache.
func (st *stage) fill() error {
	for i := range manyFiles {
		name := filepath.Join(st.home, "many", fmt.Sprintf("file-%05d.txt", i))
		if err := st.writeOwned(name, int64(i%512)); err != nil {
			return err
		}
	}
	err := errors.Join(
		st.writeOwned(filepath.Join(st.home, "1k"), smallSize),
		st.writeOwned(filepath.Join(st.home, "64k"), midSize))
	needed := func(sc scenario) bool { return sc.large }
	if err != nil || !slices.ContainsFunc(chosenScenarios(st.plan), needed) {
		return err
	}
	return errors.Join(
		st.writeOwned(filepath.Join(st.home, "large"), st.Large),
		st.writeOwned(filepath.Join(st.home, "disk", "large"), st.Large),
	)
}

// writeOwned makes a file of the user's, filled with a pattern.
func (st *stage) writeOwned(name string, size int64) (err error) {
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	block := make([]byte, min(size, 1<<20))
	for i := range block {
		block[i] = byte(i * 7)
	}
	for left := size; left > 0; left -= int64(len(block)) {
		block = block[:min(left, int64(len(block)))]
		if _, err := file.Write(block); err != nil {
			return err
		}
	}
	return file.Chown(userID, userID)
}

// discard empties a directory of what a measurement uploaded.
func (st *stage) discard(dir string) error {
	paths, err := filepath.Glob(filepath.Join(st.home, dir, "*-up-*"))
	for _, path := range paths {
		err = errors.Join(err, os.Remove(path))
	}
	return err
}
