package main

import (
	"fmt"
	"net/netip"
	"os"
	"os/user"
	"strconv"
	"strings"
	"syscall"

	"pureftpd/internal/uploads"
)

// virtualHosts is where the directories of virtual hosts are, each under its address: upstream's place in Debian's folder.
const virtualHosts = "/etc/pure-ftpd/pure-ftpd"

// place returns where the file of an event is.
func place(e uploads.Event) string {
	if address, inside, ok := strings.Cut(e.Path, ":/"); ok {
		if _, err := netip.ParseAddr(address); err == nil {
			return virtualHosts + "/" + address + "/" + inside
		}
	}
	return e.Path
}

// describe returns the environment that tells a program of a file, which must be a regular one.
func describe(path, login string) ([]string, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok || !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%q is not a regular file", path)
	}
	uid, gid := strconv.FormatUint(uint64(st.Uid), 10), strconv.FormatUint(uint64(st.Gid), 10)
	variables := []string{
		"UPLOAD_SIZE=" + strconv.FormatInt(st.Size, 10),
		"UPLOAD_PERMS=" + strconv.FormatUint(uint64(st.Mode&0o7777), 8),
		"UPLOAD_UID=" + uid,
		"UPLOAD_GID=" + gid,
		"UPLOAD_VUSER=" + login,
	}
	if u, err := user.LookupId(uid); err == nil {
		variables = append(variables, "UPLOAD_USER="+u.Username)
	}
	if g, err := user.LookupGroupId(gid); err == nil {
		variables = append(variables, "UPLOAD_GROUP="+g.Name)
	}
	return variables, nil
}
