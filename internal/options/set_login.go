package options

import (
	"fmt"
	"path/filepath"
	"strings"
	"time"
)

// authMethods are the methods of -l, matched by prefix in this order.
func authMethods() []authMethod {
	return []authMethod{
		{name: "unix"},
		{name: "pam"},
		{name: "mysql", needsArg: true},
		{name: "pgsql", needsArg: true},
		{name: "sqlite", needsArg: true},
		{name: "ldap", needsArg: true},
		{name: "puredb", needsArg: true},
		{name: "purepw", needsArg: true},
		{name: "extauth", needsArg: true, arg: "SOCKET", check: checkSocket},
		{name: "http", needsArg: true, arg: "URL", check: checkService},
	}
}

// AuthMethods are the names of all methods of -l.
func AuthMethods() []string {
	var names []string
	for _, m := range authMethods() {
		names = append(names, m.name)
	}
	return names
}

// An authMethod is one method of -l.
type authMethod struct {
	name     string
	needsArg bool
	arg      string             // what it is called; "" is FILE
	check    func(string) error // of the argument; nil takes all
	missing  string             // the feature, until it lands
}

// word is the method as it is to be written.
func (m authMethod) word() string {
	switch {
	case !m.needsArg:
		return m.name
	case m.arg == "":
		return m.name + ":FILE"
	}
	return m.name + ":" + m.arg
}

// noun is what the argument is called in a sentence.
func (m authMethod) noun() string {
	return map[string]string{"": "a file", "SOCKET": "a socket", "URL": "a URL or a socket"}[m.arg]
}

// setLogin appends "method[:arg]" to the chain. The name is compared without case and as a prefix,
// so that unixx is unix; a method with an argument has its colon right after the name.
func setLogin(b *build, value string) error {
	for _, method := range authMethods() {
		n := len(method.name)
		if len(value) < n || !strings.EqualFold(value[:n], method.name) {
			continue
		}
		arg, colon := strings.CutPrefix(value[n:], ":")
		if !colon {
			arg = ""
		}
		switch {
		case method.missing != "":
			return absent(method.missing)
		case method.needsArg && !colon && value[n:] != "":
			continue // another word that begins like the method
		case method.needsArg && arg == "":
			return hinted("write "+method.word(), "%s needs %s", method.name, method.noun())
		}
		if method.check != nil {
			if err := method.check(arg); err != nil {
				return err
			}
		}
		b.opts.Auth = append(b.opts.Auth, AuthMethod{Method: method.name, Arg: arg})
		return nil
	}
	return hinted("write one of "+strings.Join(landedMethods(), ", "), "unknown method %q", value)
}

func landedMethods() []string {
	var names []string
	for _, method := range authMethods() {
		if method.missing == "" {
			names = append(names, method.word())
		}
	}
	return names
}

func showLogin(o *Options) string {
	names := make([]string, len(o.Auth))
	for i, method := range o.Auth {
		names[i] = method.Method
		if method.Arg != "" {
			names[i] += ":" + withoutPassword(method.Arg)
		}
	}
	return strings.Join(names, ", ")
}

// setTrustedGID leaves one group out of the chroot, and undoes -A.
func setTrustedGID(b *build, value string) error {
	gid, err := id(value, 0)
	if err != nil {
		return err
	}
	b.opts.Chroot, b.opts.TrustedGID = ChrootUntrusted, gid
	return nil
}

func showTrustedGID(o *Options) string {
	if o.Chroot != ChrootUntrusted {
		return "none"
	}
	return fmt.Sprint(o.TrustedGID)
}

// setMinUID reads a decimal uid.
func setMinUID(b *build, value string) error {
	uid, err := id(value, 10)
	if err != nil {
		return err
	}
	if strings.HasPrefix(strings.TrimLeft(value, blanks), "-") {
		return wrong("%q is negative", value)
	}
	b.opts.MinUID = uid
	return nil
}

func showMinUID(o *Options) string { return fmt.Sprint(o.MinUID) }

// setFollowLinksTo adds a directory that symbolic links may lead to. It says where links end, so it is written as the
// kernel sees it; the root of everything would undo the chroot.
func setFollowLinksTo(b *build, value string) error {
	clean := filepath.Clean(value)
	switch {
	case !filepath.IsAbs(value):
		return wrong("%q is not an absolute path", value)
	case clean == "/":
		return wrong("%q is every directory there is", value)
	case clean != value:
		return hinted("write "+clean, "%q is not the shortest spelling of the path", value)
	}
	b.opts.FollowLinksTo = append(b.opts.FollowLinksTo, value)
	return nil
}

func showFollowLinksTo(o *Options) string {
	if len(o.FollowLinksTo) == 0 {
		return "none"
	}
	return strings.Join(o.FollowLinksTo, ", ")
}

// setSeconds reads a number of seconds up to a day.
func setSeconds(field func(*Options) *time.Duration) func(*build, string) error {
	const most = 24 * time.Hour
	return func(b *build, value string) error {
		i, err := whole(value, 10)
		if err != nil {
			return err
		}
		if i.negative || i.n > uint64(most/time.Second) {
			return wrong("%q is not a number of seconds up to a day", value)
		}
		*field(b.opts) = time.Duration(i.n) * time.Second
		return nil
	}
}

func showSeconds(field func(*Options) *time.Duration) func(*Options) string {
	return func(o *Options) string {
		if *field(o) == 0 {
			return "none"
		}
		return fmt.Sprintf("%d seconds", *field(o)/time.Second)
	}
}
