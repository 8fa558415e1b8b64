// Command bench compares this server with Debian's Pure-FTPd, vsftpd and ProFTPD and with a bare
// kernel loop, and writes a Markdown table of ratios.
//
// All servers stand side by side in one private network, mount and process namespace, with
// comparable settings and one password hash. Every scenario is driven through each of them in turn,
// round after round, so that whatever disturbs the machine disturbs all of them. What counts is the
// CPU time of a server's whole process tree; wall time, throughput and memory stand beside it.
//
// With -tls all of that is measured over TLS, with one certificate, version and cipher for all servers.
//
// With -rates it measures instead how well this server keeps limits of bandwidth, with -users what a
// million virtual users cost, and with -accounts logins from databases, a directory, a program and PAM.
//
// It must run as root, needs Debian's apt and dpkg for the peers, and never installs a package. It
// is a measurement, not a test: it fails when a server does not answer as expected, never because a
// number is bad. README.md tells how to read the result and where its limits are.
package main
