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
		more: "proftpd-mod-crypto", inMore: proftpdModule,
		forks: true, listing: true,
		note: "user from an AuthUserFile, DefaultRoot ~, no scoreboard, no log, DelayEngine off",
	}
	s.command = func(st *stage, port int) (program, error) {
		users, errUsers := st.configure("proftpd.users", fmt.Sprintf("%s:%s:%d:%d::%s:/bin/sh\n",
			userName, hashes()[st.Hash], userID, userID, st.home))
		groups, errGroups := st.configure("proftpd.groups",
			fmt.Sprintf("%s:x:%d:\n", userName, userID))
		pid := filepath.Join(st.conf, "proftpd.pid")
		text, openssl, err := fmt.Sprintf(proftpdConf, port, users, groups, pid), "", error(nil)
		if st.TLS != "" {
			modules := filepath.Join(st.Cache, s.more, filepath.Dir(proftpdModule))
			kind := map[string]string{keyECDSA: "EC", keyRSA: "RSA"}[st.Key]
			text = fmt.Sprintf(proftpdTLS, modules, kind, st.certificate()) + text
			openssl, err = st.opensslEnv()
		}
		conf, errConf := st.configure("proftpd.conf", text)
		return program{path: s.in(st), args: []string{"-n", "-q", "-c", conf},
			env: []string{libraryPath(filepath.Join(st.Cache, s.pkg)), openssl},
		}, errors.Join(err, errUsers, errGroups, errConf)
	}
	return s
}

// proftpdModule is the path of its TLS inside the package.
const proftpdModule = "usr/lib/proftpd/mod_tls.so"

// proftpdTLS goes before the rest.
const proftpdTLS = `ModulePath %[1]s
LoadModule mod_tls.c
TLSEngine on
TLSProtocol TLSv1.2 TLSv1.3
TLS%[2]sCertificateFile %[3]s
TLS%[2]sCertificateKeyFile %[3]s
TLSRequired off
TLSVerifyClient off
TLSRenegotiate none
TLSLog none
`

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
