package ldapauth

import (
	"crypto/tls"
	"errors"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"

	"pureftpd/internal/auth/conffile"
)

// Defaults of a configuration file.
const (
	defaultPort   = 389
	defaultFilter = `(&(objectClass=posixAccount)(uid=\L))`
	defaultHome   = "homeDirectory"
	defaultSocket = "/var/run/slapd/ldapi"
)

// A Method is how passwords are checked.
type Method uint8

const (
	Bind     Method = iota // by the directory
	Password               // here, with userPassword
)

// A Config is what a configuration file says.
type Config struct {
	Network, Address string      // as for net.Dial
	TLS              *tls.Config // nil without TLS
	StartTLS         bool        // TLS begins on request, else at once

	BaseDN       string
	BindDN       string // "" is nobody
	BindPassword string
	Filter       Filter
	Method       Method

	HomeAttribute string
	DefaultHome   string // of entries without the attribute; "" means that they have none
	UID, GID      DefaultID
}

// A DefaultID stands for a number that an entry does not have, or not only then. 0 is none.
type DefaultID struct {
	N     uint32
	Force bool
}

// keywords are those of the file; the last one is not the original's.
func keywords() []string {
	return []string{
		"LDAPScheme", "LDAPServer", "LDAPPort", "LDAPBaseDN", "LDAPBindDN", "LDAPBindPW", "LDAPFilter", "LDAPHomeDir",
		"LDAPDefaultHomeDirectory", "LDAPVersion", "LDAPDefaultUID", "LDAPDefaultGID", "LDAPForceDefaultUID", "LDAPForceDefaultGID",
		"LDAPUseTLS", "LDAPAuthMethod", "LDAPCAFile",
	}
}

// Load reads a configuration file. All its mistakes are reported together.
func Load(path string, open func(path string) (*os.File, error)) (Config, error) {
	f, err := conffile.Load(path, open, keywords())
	if err != nil {
		return Config{}, err
	}
	return understand(f)
}

// understand gives the values of a file their meaning.
func understand(f *conffile.File) (Config, error) {
	c := Config{
		BaseDN: f.Text("LDAPBaseDN"), BindDN: f.Text("LDAPBindDN"), DefaultHome: f.Text("LDAPDefaultHomeDirectory"),
		HomeAttribute: textOr(f, "LDAPHomeDir", defaultHome),
	}
	var filterMistake, uidMistake, gidMistake error
	if c.Filter, filterMistake = ParseFilter(textOr(f, "LDAPFilter", defaultFilter)); filterMistake != nil {
		filterMistake = f.Mistake("LDAPFilter", "%v", filterMistake)
	}
	c.UID, uidMistake = defaultID(f, "LDAPDefaultUID", "LDAPForceDefaultUID")
	c.GID, gidMistake = defaultID(f, "LDAPDefaultGID", "LDAPForceDefaultGID")
	mistakes := []error{filterMistake, uidMistake, gidMistake, c.readServer(f), c.readBind(f), c.readMethod(f)}
	if c.BaseDN == "" {
		mistakes = append(mistakes, f.Mistake("LDAPBaseDN", "is missing"))
	}
	if v := textOr(f, "LDAPVersion", "3"); v != "3" {
		mistakes = append(mistakes, f.Mistake("LDAPVersion", "only version 3 is spoken"))
	}
	if c.DefaultHome != "" && !strings.HasPrefix(c.DefaultHome, "/") {
		mistakes = append(mistakes, f.Mistake("LDAPDefaultHomeDirectory", "is not an absolute path"))
	}
	if err := errors.Join(mistakes...); err != nil {
		return Config{}, err
	}
	return c, nil
}

func textOr(f *conffile.File, keyword, preset string) string {
	if f.Has(keyword) {
		return f.Text(keyword)
	}
	return preset
}

func isTrue(f *conffile.File, keyword string) bool { return strings.EqualFold(f.Text(keyword), "true") }

// readServer finds out where the directory is, and whether to speak to it through TLS.
func (c *Config) readServer(f *conffile.File) error {
	scheme, host := strings.ToLower(textOr(f, "LDAPScheme", "ldap")), textOr(f, "LDAPServer", "localhost")
	port, err := strconv.Atoi(textOr(f, "LDAPPort", strconv.Itoa(defaultPort)))
	if err != nil || port < 1 || port > 65535 {
		port = defaultPort
	}
	c.Network, c.Address = "tcp", net.JoinHostPort(strings.Trim(host, "[]"), strconv.Itoa(port))
	switch scheme {
	case "ldap":
		c.StartTLS = isTrue(f, "LDAPUseTLS")
	case "ldaps":
	case "ldapi":
		path := defaultSocket
		if f.Has("LDAPServer") {
			path, err = url.PathUnescape(host)
			if err != nil || !strings.HasPrefix(path, "/") {
				return f.Mistake("LDAPServer", "with ldapi this is the path of a socket, whose slashes may be written %%2F")
			}
		}
		c.Network, c.Address = "unix", path
		return nil // the socket itself is as safe as its folder
	default:
		return f.Mistake("LDAPScheme", "is none of ldap, ldaps and ldapi")
	}
	if scheme == "ldaps" || c.StartTLS {
		roots, err := authorities(f)
		if err != nil {
			return err
		}
		c.TLS = secure(strings.Trim(host, "[]"), roots)
	}
	return nil
}

// readBind finds out who the server is to the directory.
func (c *Config) readBind(f *conffile.File) error {
	switch {
	case c.BindDN == "": // nobody, with or without a password
	case !f.Has("LDAPBindPW"):
		return f.Mistake("LDAPBindDN", "LDAPBindPW is missing: without a password the directory takes anybody for nobody")
	default:
		c.BindPassword = f.Text("LDAPBindPW")
	}
	return nil
}

func (c *Config) readMethod(f *conffile.File) error {
	preset := "BIND"
	if c.BindDN != "" {
		preset = "PASSWORD"
	}
	switch strings.ToUpper(textOr(f, "LDAPAuthMethod", preset)) {
	case "BIND":
		c.Method = Bind
	case "PASSWORD":
		c.Method = Password
	default:
		return f.Mistake("LDAPAuthMethod", "is neither BIND nor PASSWORD")
	}
	return nil
}

// defaultID reads a default and whether it always holds.
func defaultID(f *conffile.File, keyword, force string) (DefaultID, error) {
	d := DefaultID{Force: isTrue(f, force)}
	if !f.Has(keyword) {
		return d, nil
	}
	n, err := strconv.ParseUint(f.Text(keyword), 10, 32)
	if err != nil || n == 1<<32-1 {
		return d, f.Mistake(keyword, "is not a number of a user or group")
	}
	d.N = uint32(n)
	return d, nil
}
