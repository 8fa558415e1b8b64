package main

import (
	"errors"
	"fmt"
	"path/filepath"
)

// proftpd is Debian's ProFTPD.
func proftpd() server {
	s := server{
		name: "proftpd", pkg: "proftpd-core", program: "usr/sbin/proftpd",
		forks: true, listing: true,
		note: "user from an AuthUserFile, DefaultRoot ~, no scoreboard, no log, DelayEngine off",
	}
	s.command = func(st *stage, port int) (program, error) {
		users, errUsers := st.configure("proftpd.users", fmt.Sprintf("%s:%s:%d:%d::%s:/bin/sh\n",
			userName, hashes()[st.Hash], userID, userID, st.home))
		groups, errGroups := st.configure("proftpd.groups",
			fmt.Sprintf("%s:x:%d:\n", userName, userID))
		pid := filepath.Join(st.conf, "proftpd.pid")
		conf, errConf := st.configure("proftpd.conf",
			fmt.Sprintf(proftpdConf, port, users, groups, pid))
		return program{path: s.in(st), args: []string{"-n", "-q", "-c", conf},
			env: []string{libraryPath(filepath.Join(st.Cache, s.pkg))},
		}, errors.Join(errUsers, errGroups, errConf)
	}
	return s
}

const proftpdConf = `ServerName bench
ServerType standalone
DefaultAddress 127.0.0.1
SocketBindTight on
Port %d
AuthOrder mod_auth_file.c
AuthUserFile %s
AuthGroupFile %s
PidFile %s
User nobody
Group nogroup
UseIPv6 off
UseReverseDNS off
DelayEngine off
ScoreboardFile none
SystemLog none
TransferLog none
WtmpLog off
DefaultRoot ~
RequireValidShell off
Umask 022
AllowOverwrite on
MaxInstances 4000
MaxClients none
TimeoutIdle 900
`
