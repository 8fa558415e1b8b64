//go:build privileged

package faults

import (
	"path/filepath"
	"strings"
)

// A link is a symbolic link in the root, or a folder if it leads nowhere.
type link struct{ name, to string }

// links are the links that lie in the root. An absolute one names the place on the disk, as a user with a shell would make it.
func (c *canary) links() []link {
	outside := filepath.Join(c.top, "outside")
	return []link{
		{"sub", ""}, {"sub/deep", ""},
		{"abs", outside}, {"rel", "../../outside"}, {"sub/rel", "../../../outside"}, {"sub/deep/rel", "../../../../outside"},
		{"twin", "../jail-twin"}, {"slash", "/"}, {"up", ".."}, {"up2", "../.."}, {"sub/top", "../../.."},
		{"far", "../../../../../../../../../../.." + outside},
		{"nested", "nested2"}, {"nested2", "sub/nested3"}, {"sub/nested3", "deep/nested4"}, {"sub/deep/nested4", outside},
		{"via", "sub/top/outside"}, {"dots", "sub/.././/../..//outside/."}, {"trail", outside + "/sub/.."},
		{"fileabs", outside + "/prey.txt"}, {"filerel", "../../outside/prey.txt"}, {"filenested", "fileabs"},
		{"danglingabs", outside + "/new.txt"}, {"danglingrel", "../../outside/new.txt"}, {"danglingdir", outside + "/newdir"},
		{"self", "/proc/self/root"}, {"fds", "/proc/self/fd"}, {"loop", "loop2"}, {"loop2", "loop"},
	}
}

// folders are names that would be the prey's folder without a root, or with a leaky one.
func (c *canary) folders() []string {
	outside := filepath.Join(c.top, "outside")
	names := []string{
		"../../outside", "../jail-twin", "/../../outside", "/../jail-twin", "/./.././../outside", "//..//..//outside",
		"sub/../../../outside", "sub/../../../outside/.", "sub/../../../outside/sub/..", "sub/deep/../../../../outside//",
		"missing/../../../outside", "../jail/../../outside", strings.Repeat("../", 60) + outside, outside, "/" + outside,
		strings.Repeat("sub/../", 40) + "../../outside",
		"abs", "abs/", "abs//", "abs/.", "./abs", "//abs", "/./abs/./", "abs/sub/..", "sub/../abs", "abs/../outside",
		"rel", "sub/rel", "sub/deep/rel", "sub/rel/", "twin", "slash/../../outside", "slash" + outside, "slash/slash/abs",
		"up/up/outside", "up2/outside", "up2/a/../outside", "sub/top/outside", "sub/up/outside", "far", "nested", "nested2/",
		"via", "dots", "trail", "up/jail-twin", "up/jail/abs",
		"self" + outside, "fds/3", "fds/3/outside", "fds/7/../../outside", "loop",
		"....//....//outside", "..././..././outside", ".. /.. /outside", ".../.../outside",
		"%2e%2e/%2e%2e/outside", "..%2f..%2foutside", "%2e%2e%2f%2e%2e%2foutside", "..%c0%af..%c0%afoutside",
		"..\xc0\xaf..\xc0\xafoutside", "..\\..\\outside", "..\\/..\\/outside",
		"..\x00/../outside", "../../outside\x00", "abs\x00", "abs\x00/..", "a\r/../../../outside", "..\t/../outside",
		"..\xff\xf1/..\xff\xf1/outside", "\xff\xfd\x01../../outside", "abs\xff\xf4\xff\xf2", "\xff\xff/../../../outside",
		"..\xff/..\xff/outside", "~/../../outside", "~root/../" + outside, "~" + user + "/../../outside", "-a ../../outside",
		"sub/\n../../outside", "abs\r\nCWD ../../outside",
	}
	return names
}

// files are names that would be the prey itself.
func (c *canary) files() []string {
	names := []string{
		"fileabs", "./fileabs", "sub/../fileabs", "filerel", "filenested", "fileabs/", "fileabs/.", "up/jail/fileabs",
		"danglingabs", "danglingrel", "danglingdir", "danglingdir/x",
	}
	for _, dir := range c.folders() {
		names = append(names, strings.TrimRight(dir, "/")+"/prey.txt")
	}
	return names
}

// A kind says with which names a probe is tried, and what it may do to the tree in the root.
type kind uint8

const (
	folders kind = 1 << iota // also with names of folders; without, only with those of files
	reads                    // leaves the tree as it is
	uploads                  // goes other ways under -0 and -r
)

// A probe is a command, or a few, for one name. %s stands for the name.
type probe struct {
	name     string
	kind     kind
	commands []string
}

// probes are all commands that take a name. A command that ends in `<` sends a file, one that ends in `>` gets data.
func probes() []probe {
	return []probe{
		{"CWD", folders, []string{"CWD %s", "PWD", "LIST >", "NLST >", "MLSD >", "STAT .", "STOR dropped.txt <", "MKD dropped", "CWD /"}},
		{"RETR", reads, []string{"RETR %s >"}},
		{"RETR after REST", reads, []string{"REST 5", "RETR %s >"}},
		{"STOR", uploads, []string{"STOR %s <"}},
		{"STOR after REST", uploads, []string{"REST 5", "STOR %s <"}},
		{"APPE", uploads, []string{"APPE %s <"}},
		{"STOU", folders | uploads, []string{"CWD %s", "STOU %s <", "CWD /"}},
		{"DELE", folders, []string{"DELE %s"}},
		{"MKD", folders, []string{"MKD %s", "MKD %s/made"}},
		{"RMD", folders, []string{"RMD %s/sub", "RMD %s"}},
		{"RNFR", folders, []string{"RNFR %s", "RNTO stolen", "RETR stolen >", "LIST stolen/ >"}},
		{"RNTO", folders | uploads, []string{"RNFR own.txt", "RNTO %s"}},
		{"RNTO beneath", folders, []string{"RNFR own.txt", "RNTO %s/own.txt", "RNFR owndir", "RNTO %s/owndir"}},
		{"SIZE", reads, []string{"SIZE %s"}},
		{"MDTM", reads, []string{"MDTM %s"}},
		{"MLST", folders | reads, []string{"MLST %s"}},
		{"MLSD", folders | reads, []string{"MLSD %s >"}},
		{"LIST", folders | reads, []string{"LIST %s >", "LIST -la %s >", "LIST %s/ >"}},
		{"LIST -R", folders | reads, []string{"LIST -R %s >", "LIST -laR %s/ >"}},
		{"LIST with glob", folders | reads, []string{"LIST %s/* >", "LIST %s/zz* >", "LIST %s/*/* >", "LIST -a %s* >"}},
		{"NLST", folders | reads, []string{"NLST %s >", "NLST %s/* >"}},
		{"STAT", folders | reads, []string{"STAT %s", "STAT -R %s/", "STAT %s/*"}},
		{"SITE CHMOD", folders, []string{"SITE CHMOD 700 %s", "CHMOD 700 %s"}},
		{"SITE UTIME", folders, []string{"SITE UTIME 20200101000000 %s", "SITE UTIME %s 20200101000000 20200101000000 20200101000000 UTC"}},
		{"MFMT", folders, []string{"MFMT 20200101000000 %s"}},
		{"PRET", reads, []string{"PRET RETR %s"}},
		{"ALLO", folders | reads, []string{"CWD %s", "ALLO 1", "CWD /"}},
		{"SITE ALIAS", folders | reads, []string{"SITE ALIAS %s"}},
	}
}
