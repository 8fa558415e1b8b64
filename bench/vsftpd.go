package main

import (
	"errors"
	"fmt"
)

// vsftpd is Debian's vsftpd.
func vsftpd() server {
	s := server{
		name: "vsftpd", pkg: "vsftpd", program: "usr/sbin/vsftpd",
		forks: true, listing: true,
		note: "system user by PAM (pam_unix), chrooted; isolate_network=NO, because a network " +
			"namespace per session is torn down by kernel workers nobody is charged for",
	}
	s.command = func(st *stage, port int) (program, error) {
		text, openssl, err := fmt.Sprintf(vsftpdConf, port), "", error(nil)
		if st.TLS != "" {
			text += fmt.Sprintf(vsftpdTLS, st.certificate())
			openssl, err = st.opensslEnv()
		}
		conf, errConf := st.configure("vsftpd.conf", text)
		return program{path: s.in(st), args: []string{conf},
			env: []string{libraryPath(st.Cache + "/" + s.pkg), openssl}}, errors.Join(err, errConf)
	}
	return s
}

// vsftpdTLS is added for TLS. It speaks TLS 1.3 as well, which its settings do not name.
const vsftpdTLS = `ssl_enable=YES
allow_anon_ssl=NO
force_local_logins_ssl=NO
force_local_data_ssl=NO
ssl_ciphers=ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256
rsa_cert_file=%s
`

const vsftpdConf = `listen=YES
listen_ipv6=NO
listen_address=127.0.0.1
listen_port=%d
background=NO
anonymous_enable=NO
local_enable=YES
write_enable=YES
local_umask=022
chroot_local_user=YES
allow_writeable_chroot=YES
secure_chroot_dir=/run/vsftpd/empty
pam_service_name=vsftpd
connect_from_port_20=NO
tcp_wrappers=NO
xferlog_enable=NO
max_clients=0
max_per_ip=0
idle_session_timeout=900
isolate_network=NO
`
