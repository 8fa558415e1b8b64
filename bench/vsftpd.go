package main

import "fmt"

// vsftpd is Debian's vsftpd.
func vsftpd() server {
	s := server{
		name: "vsftpd", pkg: "vsftpd", program: "usr/sbin/vsftpd",
		forks: true, listing: true,
		note: "system user by PAM (pam_unix), chrooted; isolate_network=NO, because a network " +
			"namespace per session is torn down by kernel workers nobody is charged for",
	}
	s.command = func(st *stage, port int) (program, error) {
		conf, err := st.configure("vsftpd.conf", fmt.Sprintf(vsftpdConf, port))
		return program{path: s.in(st), args: []string{conf},
			env: []string{libraryPath(st.Cache + "/" + s.pkg)}}, err
	}
	return s
}

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
