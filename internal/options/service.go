package options

import (
	"net/netip"
	"net/url"
	"strings"
)

// maxSocket is how long the pathname of a local socket may be: sun_path less its NUL byte.
const maxSocket = 107

// checkSocket checks the pathname of a local socket.
func checkSocket(path string) error {
	if len(path) > maxSocket {
		return hinted("write a shorter one", "the name of the socket has %d bytes; the system takes %d", len(path), maxSocket)
	}
	return nil
}

// checkService checks the address of an HTTP service: an https URL, an http URL of this machine, or the pathname of a local
// socket. Its errors do not show the password in a URL.
func checkService(address string) error {
	if strings.HasPrefix(address, "/") {
		return checkSocket(address)
	}
	u, err := url.Parse(address)
	if err != nil {
		return hinted("write http:https://accounts.example.com/ftp", "the URL of the service cannot be read")
	}
	host := u.Hostname()
	addr, _ := netip.ParseAddr(host)
	switch {
	case host == "" || u.Scheme != "https" && u.Scheme != "http":
		return hinted("write http:https://accounts.example.com/ftp", "%q is neither an https URL nor the full pathname of a socket",
			u.Redacted())
	case u.Scheme == "http" && host != "localhost" && !addr.IsLoopback():
		return hinted("write https", "%q would send passwords in the clear", u.Redacted())
	}
	return nil
}

// withoutPassword is an argument of a method as it may be shown.
func withoutPassword(arg string) string {
	if u, err := url.Parse(arg); err == nil && u.User != nil {
		return u.Redacted()
	}
	return arg
}
