package ldapauth

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/go-ldap/ldap/v3"

	"pureftpd/internal/account"
	"pureftpd/internal/auth"
)

const (
	megabyte = 1 << 20
	kilobyte = 1 << 10
)

// attributes are those that a search asks for, beside the home.
func attributes(home string) []string {
	return []string{
		home, "uidNumber", "FTPuid", "gidNumber", "FTPgid", "userPassword", "FTPStatus", "FTPQuotaFiles", "FTPQuotaMBytes",
		"FTPDownloadRatio", "FTPUploadRatio", "FTPDownloadBandwidth", "FTPUploadBandwidth",
	}
}

// accountOf makes an account of an entry. What cannot be understood lets nobody in: the error names the attribute.
func (c *Config) accountOf(login string, e *ldap.Entry) (account.Account, error) {
	r := reader{entry: e}
	a := account.Account{
		Name: login, UID: r.id(c.UID, "FTPuid", "uidNumber"), GID: r.id(c.GID, "FTPgid", "gidNumber"), Home: c.homeOf(e),
		Limits: account.Limits{
			MaxFiles:      limit(r.number("FTPQuotaFiles", 1)),
			MaxBytes:      limit(r.number("FTPQuotaMBytes", megabyte)),
			UploadRate:    r.number("FTPUploadBandwidth", kilobyte),
			DownloadRate:  r.number("FTPDownloadBandwidth", kilobyte),
			UploadRatio:   r.number("FTPUploadRatio", 1),
			DownloadRatio: r.number("FTPDownloadRatio", 1),
		},
	}
	switch status := value(e, "FTPStatus"); {
	case r.mistake != nil:
		return account.Account{}, r.mistake
	case status != "" && !strings.EqualFold(status, "enabled") && !strings.EqualFold(status, "true"):
		return account.Account{}, &auth.Refusal{Cause: auth.Forbidden, Reason: fmt.Sprintf("FTPStatus is %q", status)}
	case a.UID == 0 || a.GID == 0:
		return account.Account{}, &auth.Refusal{Cause: auth.RootID, Reason: fmt.Sprintf("uid %d, gid %d", a.UID, a.GID)}
	case a.Home == "":
		return account.Account{}, &auth.Refusal{Cause: auth.BadRecord, Reason: "there is no " + c.HomeAttribute}
	case a.Home[0] != '/':
		return account.Account{}, &auth.Refusal{
			Cause: auth.BadRecord, Reason: fmt.Sprintf("%s %q is not an absolute path", c.HomeAttribute, a.Home),
		}
	}
	if l := &a.Limits; l.UploadRatio == 0 || l.DownloadRatio == 0 {
		l.UploadRatio, l.DownloadRatio = 0, 0 // one alone is none
	}
	return a, nil
}

func (c *Config) homeOf(e *ldap.Entry) string {
	if home := value(e, c.HomeAttribute); home != "" {
		return home
	}
	return c.DefaultHome
}

// limit is a bound, if it is not 0.
func limit(n uint64) account.Limit { return account.Limit{Set: n > 0, N: n} }

// value is the first value of an attribute, whose name is the same in upper and lower case.
func value(e *ldap.Entry, attribute string) string { return e.GetEqualFoldAttributeValue(attribute) }

// A reader reads the numbers of an entry, and keeps the first mistake.
type reader struct {
	entry   *ldap.Entry
	mistake error
}

// number is the value of an attribute in units; an attribute that is not there is 0.
func (r *reader) number(attribute string, unit uint64) uint64 {
	text := value(r.entry, attribute)
	if text == "" {
		return 0
	}
	n, err := strconv.ParseUint(text, 10, 63)
	if err != nil || n*unit/unit != n {
		if r.mistake == nil {
			r.mistake = &auth.Refusal{Cause: auth.BadRecord, Reason: fmt.Sprintf("%s %q is not a number that can be", attribute, text)}
		}
		return 0
	}
	return n * unit
}

// id is the first of some numbers that is above 0.
func (r *reader) id(d DefaultID, names ...string) uint32 {
	if d.Force && d.N > 0 {
		return d.N
	}
	for _, name := range names {
		switch n := r.number(name, 1); {
		case n >= 1<<32-1: // the last one stands for nobody in system calls
			if r.mistake == nil {
				r.mistake = &auth.Refusal{Cause: auth.BadRecord, Reason: fmt.Sprintf("%s %d is not a number that can be", name, n)}
			}
			return 0
		case n > 0:
			return uint32(n)
		}
	}
	return d.N
}
