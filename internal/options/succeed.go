package options

import "slices"

// A Running says what a process still can, which it could at its start: the next settings are held against it.
type Running struct {
	RootLogins bool // it has kept what a login of root needs
	PAM        bool // its helper for PAM runs
}

// A Change is a setting that differs from what was in force.
type Change struct {
	Name     string // the long name
	Old, New string // for people
	Origin   string // where the new value was given, or "default"
}

// A Succession is what comes of settings that were read again while a server runs.
type Succession struct {
	Options *Options // in force from now on: what was read, but for what needs a restart
	Changed []Change // what takes effect
	Restart []Change // what needs a restart: the old value stays
	Notes   []string // on what takes effect in part
}

// fixed are the settings that a running process cannot change, each with what keeps its old value.
func fixed() map[string]func(next, old *Options) {
	return map[string]func(next, old *Options){
		// The sockets were bound with privileges that are gone.
		"bind": func(next, old *Options) {
			next.BindHost, next.BindPort, next.BindPortSet = old.BindHost, old.BindPort, old.BindPortSet
		},
		"ipv4only":          func(next, old *Options) { next.IPv4Only = old.IPv4Only },
		"ipv6only":          func(next, old *Options) { next.IPv6Only = old.IPv6Only },
		"implicittlslisten": func(next, old *Options) { next.ImplicitTLS = old.ImplicitTLS },

		// So were these made, and others know where they are.
		"takeover":         func(next, old *Options) { next.TakeOver = old.TakeOver },
		"daemonize":        func(next, old *Options) { next.Daemonize = old.Daemonize },
		"pidfile":          func(next, old *Options) { next.PIDFile = old.PIDFile },
		"nocontrol":        func(next, old *Options) { next.Control.Off = old.Control.Off },
		"controldir":       func(next, old *Options) { next.Control.Dir = old.Control.Dir },
		"controlviewers":   func(next, old *Options) { next.Control.Viewers = old.Control.Viewers },
		"controloperators": func(next, old *Options) { next.Control.Operators = old.Control.Operators },
		"controladmins":    func(next, old *Options) { next.Control.Admins = old.Control.Admins },
		"statuspage":       func(next, old *Options) { next.Web.Page = old.Web.Page },
		"statustoken":      func(next, old *Options) { next.Web.TokenFile = old.Web.TokenFile },
		"statusname":       func(next, old *Options) { next.Web.Names = old.Web.Names },
		"metrics":          func(next, old *Options) { next.Web.Metrics = old.Web.Metrics },
		"uploadscript":     func(next, old *Options) { next.UploadScript = old.UploadScript },

		// The log is one for all sessions, and its daemon connected.
		"syslogfacility": func(next, old *Options) { next.SyslogFacility = old.SyslogFacility },
		"logto":          func(next, old *Options) { next.Logs = old.Logs },
		"logpid":         func(next, old *Options) { next.LogPID = old.LogPID },
		"dontresolve":    func(next, old *Options) { next.DontResolve = old.DontResolve },
	}
}

// Succeed compares settings that were read again with those in force, o. It changes neither.
func (o *Options) Succeed(read *Options, can Running) Succession {
	next := *read
	next.origins = make(map[string][]Origin, len(read.origins))
	for long, origins := range read.origins {
		next.origins[long] = origins
	}
	s := Succession{Options: &next}
	keeps := fixed()
	if !can.PAM && next.uses("pam") {
		keeps["login"] = func(next, old *Options) { next.Auth = old.Auth }
	}
	before, after := o.Effective(), read.Effective()
	for i, e := range after {
		c := Change{Name: e.Name, Old: before[i].Value, New: e.Value, Origin: e.Origin}
		keep, stays := keeps[e.Name]
		if stays {
			keep(&next, o)
		}
		switch {
		case c.Old == c.New:
		case stays:
			next.origins[e.Name] = o.origins[e.Name]
			s.Restart = append(s.Restart, c)
		default:
			s.Changed = append(s.Changed, c)
		}
	}
	if next.RootLogins() && !can.RootLogins {
		next.MinUID = 1
		s.Notes = append(s.Notes, "logins of root need a restart: the process has given up what they take, so the lowest uid is 1")
	}
	return s
}

// RootLogins tells whether root itself may log in.
func (o *Options) RootLogins() bool { return o.MinUID == 0 && o.uses("unix") }

func (o *Options) uses(method string) bool {
	return slices.ContainsFunc(o.Auth, func(m AuthMethod) bool { return m.Method == method })
}
