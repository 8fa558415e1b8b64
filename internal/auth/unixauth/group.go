package unixauth

import (
	"slices"
	"strings"
)

// groupFile is what a group file says.
type groupFile struct {
	names   map[uint32]string   // the first of each gid
	byName  map[string]uint32   // the first of each name
	members map[string][]uint32 // the groups that name an account as a member, each once
}

// parseGroup understands a group file. Lines that are no groups (group(5)) are skipped.
func parseGroup(text string) groupFile {
	file := groupFile{map[uint32]string{}, map[string]uint32{}, map[string][]uint32{}}
	for name, fields := range records(text) {
		if len(fields) < 2 {
			continue
		}
		gid, ok := parseID(fields[1])
		if !ok {
			continue
		}
		if _, ok := file.names[gid]; !ok {
			file.names[gid] = name
		}
		if _, ok := file.byName[name]; !ok {
			file.byName[name] = gid
		}
		if len(fields) < 3 {
			continue
		}
		for member := range strings.SplitSeq(fields[2], ",") {
			if list := file.members[member]; member != "" && !slices.Contains(list, gid) {
				file.members[member] = append(list, gid)
			}
		}
	}
	return file
}
