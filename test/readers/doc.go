// Package readers lets programs that administrators use read what a server has logged on a short day: Debian's fail2ban with its
// filter and with ours, logwatch, awstats and webalizer. They count what the test knows to have happened. xmllint reads the XML of
// pure-ftpwho. See test/readers.sh.
package readers
