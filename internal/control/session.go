package control

import "time"

// A Session is one client's conversation at one moment.
type Session struct {
	ID          uint64     `json:"id"`
	Account     string     `json:"account"` // "" before the login
	Anonymous   bool       `json:"anonymous"`
	State       State      `json:"state"`
	Address     string     `json:"address"` // the client's
	Port        uint16     `json:"port"`
	Host        string     `json:"host"` // the client's name, or its address
	LocalAddr   string     `json:"local_address"`
	LocalPort   uint16     `json:"local_port"`
	Started     time.Time  `json:"started"`
	LastCommand *time.Time `json:"last_command,omitempty"`
	Limits      Rates      `json:"limits"` // of the session alone
	Transfer    *Transfer  `json:"transfer,omitempty"`
}

// A State is what a session does.
type State string

// The states.
const (
	Idle     State = "idle"
	Download State = "download"
	Upload   State = "upload"
)

// A Transfer is what a session moves.
type Transfer struct {
	File     string    `json:"file"` // as the client named it; viewers see its last component
	Started  time.Time `json:"started"`
	Offset   int64     `json:"offset"`         // where in the file it began
	Position int64     `json:"position"`       // where in the file it is
	Size     int64     `json:"size,omitempty"` // of the file that is sent; 0: not known
}

// Rates are limits in bytes per second; 0 means no limit.
type Rates struct {
	Upload   uint64 `json:"upload"`
	Download uint64 `json:"download"`
}

// A Line is one line of a session's dialogue.
type Line struct {
	Time time.Time `json:"time"`
	From string    `json:"from"` // "client" or "server"
	Text string    `json:"text"` // without passwords
	Lost int64     `json:"lost,omitempty"`
}

// A Status tells about a server process.
type Status struct {
	PID      int       `json:"pid"`
	Version  string    `json:"version"`
	Mode     string    `json:"mode"` // "standalone", "inetd" or "try"
	Started  time.Time `json:"started"`
	Now      time.Time `json:"now"`
	MaxOpen  int       `json:"max_open,omitempty"` // sessions at once; 0: any number
	Limits   *Rates    `json:"limits,omitempty"`   // of all transfers together, if they were changed since the start
	Counters Counters  `json:"counters"`
	// Successor is the process that has taken the sockets over: this one finishes its sessions.
	Successor int `json:"successor,omitempty"`
}

// Counters are sums since the start, and what there is now.
type Counters struct {
	Open          int64 `json:"open"` // sessions now
	Downloading   int64 `json:"downloading"`
	Uploading     int64 `json:"uploading"`
	Sessions      int64 `json:"sessions"`
	Logins        int64 `json:"logins"`
	Downloads     int64 `json:"downloads"` // that have ended
	Uploads       int64 `json:"uploads"`
	BytesSent     int64 `json:"bytes_sent"`
	BytesReceived int64 `json:"bytes_received"`
}

// A Setting is one setting in force.
type Setting struct {
	Name   string `json:"name"`
	Value  string `json:"value"`
	Origin string `json:"origin"` // file and line, or the switch; "default"
}

// A Log is one of the places that log lines go to.
type Log struct {
	Kind     string     `json:"kind"`               // "log", or "transfers" for an AltLog
	Format   string     `json:"format"`             // "syslog", "text", "json", or that of an AltLog
	Place    string     `json:"place"`              // a pathname, or "standard error"
	Facility string     `json:"facility,omitempty"` // of the system log
	Level    string     `json:"level,omitempty"`    // lines below it are not written; transfers have none
	Lines    uint64     `json:"lines"`
	Lost     uint64     `json:"lost"`
	Last     *time.Time `json:"last,omitempty"` // when the last line came there
	LastLine string     `json:"last_line,omitempty"`
	Trouble  string     `json:"trouble,omitempty"` // that lasts
}

// A Reload is what came of reading the configuration again.
type Reload struct {
	Changed  []Change `json:"changed"`       // in force for what begins from now on
	Restart  []Change `json:"needs_restart"` // the old value stays in force
	Warnings []string `json:"warnings"`
}

// A Change is a setting that differs from what was in force.
type Change struct {
	Name   string `json:"name"`
	Old    string `json:"old"`
	New    string `json:"new"`
	Origin string `json:"origin"` // of the new value
}

// A Ban keeps an address out.
type Ban struct {
	Address string    `json:"address"` // or a network
	Since   time.Time `json:"since"`
	Until   time.Time `json:"until"`
	Reason  string    `json:"reason,omitempty"`
	Ordered bool      `json:"ordered"`         // by an administrator, not for failed logins
	Times   int       `json:"times,omitempty"` // how often it was kept out for failed logins, this time included
}

// A BanOrder is a ban that an administrator makes.
type BanOrder struct {
	Address      string // or a network
	For          time.Duration
	Reason       string
	KeepSessions bool // those that run go on
}

type (
	sessionList struct {
		Sessions []Session `json:"sessions"`
		Matching int       `json:"matching"` // those that a limit has cut off as well
		Now      time.Time `json:"now"`
	}
	settingList struct {
		Settings []Setting `json:"settings"`
	}
	logList struct {
		Logs []Log `json:"logs"`
	}
	banList struct {
		Bans []Ban `json:"bans"`
	}
	message struct {
		Text string `json:"text"`
	}
	banRequest struct {
		Address string `json:"address"`
		Seconds int64  `json:"seconds"`
		Reason  string `json:"reason,omitempty"`
		Keep    bool   `json:"keep_sessions,omitempty"`
	}
	failure struct {
		Error string `json:"error"`
	}
	empty struct{}
)
