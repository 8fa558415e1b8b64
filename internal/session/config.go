package session

import (
	"context"
	"net/netip"
	"time"

	"pureftpd/internal/account"
	"pureftpd/internal/auth"
	"pureftpd/internal/ban"
	"pureftpd/internal/identity"
	"pureftpd/internal/listing"
	"pureftpd/internal/pace"
	"pureftpd/internal/quota"
	"pureftpd/internal/record"
	"pureftpd/internal/rootfs"
	"pureftpd/internal/tlsconf"
	"pureftpd/internal/transfer"
)

// A Jail says who is kept inside his home directory.
type Jail uint8

// The jail rules of -A and -a. Homes that hold "/./" are jailed under every rule, and uid 0 under none.
const (
	JailNone      Jail = iota // only homes that hold "/./"
	JailEveryone              // -A
	JailUntrusted             // -a: all but members of TrustedGID
)

// An FXP says whose data connections may lead to a third party.
type FXP uint8

// The rules of -w and -W.
const (
	FXPNone     FXP = iota
	FXPUsers        // -w: authenticated users
	FXPEveryone     // -W: anonymous users too
)

// Config is what a conversation may do: the settings of options, as far as a session needs them. It is not changed
// once a Handler was made of it.
type Config struct {
	AnonymousOnly    bool       // -e: every name is anonymous
	NoAnonymous      bool       // -E
	AnonUpload       bool       // not -i
	AnonMkdir        bool       // -M
	AnonReadDots     bool       // -z
	AntiWarez        bool       // -s: anonymous may not fetch what anonymous uploaded
	TrustedIP        netip.Addr // -V: sessions at any other local address are anonymous only; zero means no such rule
	VirtualHostDirs  []string   // where <local address> may name an anonymous root
	AnonMaxSessions  uint64     // -y, second number; 0 means no limit
	UserMaxSessions  uint64     // -y, first number; 0 means no limit
	MinUID           uint32     // -u
	Jail             Jail
	TrustedGID       uint32 // for JailUntrusted
	VirtualChroot    bool
	CreateHome       bool // -j
	BrokenClients    bool // -b
	NATMode          bool // -N: no passive mode
	IPv6             bool // EPRT and EPSV may name the family 2
	FXP              FXP
	ForcePassive     func(context.Context) (netip.Addr, error) // -P: the address of 227 replies; nil means the real one
	AtomicUploads    bool                                      // -0
	AutoRename       bool                                      // -r
	KeepAllFiles     bool                                      // -K
	KeepOthersFiles  bool                                      // users change only what they own; see owner.go
	NoRename         bool                                      // -G
	NoChmod          bool                                      // -R
	CustomerProof    bool                                      // -Z
	MaxUserFiles     account.Limit                             // -n: quota of users who have none of their own
	MaxUserBytes     account.Limit                             // likewise
	AnonRatio        pace.Ratio                                // -q or -Q; zero means none
	UserRatio        pace.Ratio                                // -Q; likewise
	AnonBandwidth    Bandwidth                                 // -t or -T
	UserBandwidth    Bandwidth                                 // -T
	NoDotWrite       bool                                      // -x
	NoDotRead        bool                                      // -X
	DotExceptions    []DotException                            // from NoDotWrite and NoDotRead
	ShowDots         bool                                      // -D
	MaxDiskUsage     float64                                   // -k: percent of a file system; 0 means no limit
	MaxLoad          float64                                   // -m; 0 means no limit
	MaxFiles         int                                       // -L: entries of one listing
	MaxDepth         int                                       // -L: levels of LIST -R
	FileMask         uint32                                    // -U
	DirMask          uint32                                    // -U
	Idle             time.Duration                             // -I
	Verbosity        int                                       // -d: 1 logs commands, 2 replies too
	FortunesFile     string                                    // -F
	Aliases          []Alias                                   // directory aliases, in file order
	Location         *time.Location                            // for the clock shown to clients
	TLS              TLSLevel                                  // -Y
	ClearNetworks    []netip.Prefix                            // clients there may use clear text whatever TLS says
	DataBinding      tlsconf.Binding                           // as Parts.TLS has it
	CertifiedLogin   bool                                      // who shows a certificate with the name of the account needs no password
	DataFromAnywhere bool                                      // under tlsconf.BindRequire passive data connections may come from any address
	NeedCloseNotify  bool                                      // an upload whose TLS did not end with close_notify is aborted
	MaxClients       int                                       // shown in the greeting; 0 means no limit
	FirstNumber      uint64                                    // of sessions; 0 means above the numbers of processes
	PassiveWait      time.Duration                             // how long a data connection may be waited for
	FailurePause     time.Duration                             // unit of the pause after a failed login; 3 s
	LoadAverage      func() (float64, error)                   // the five-minute load, for MaxLoad
	AnonymousAccount func() (account.Account, error)           // the system's ftp account
}

// An Alias is a name that CWD takes for a directory that lies elsewhere.
type Alias struct{ Name, Dir string }

// A DotException lets users change and read files and directories in spite of -x and -X.
type DotException struct {
	User    string // the login; "" stands for everybody
	Pattern string // of a name, in the syntax of path.Match
}

// Authenticator checks a name and a password. Its errors are those of package auth.
type Authenticator interface {
	Authenticate(ctx context.Context, c auth.Credentials) (account.Account, error)
}

// Names finds what numbers and names mean to the system, for listings and "~user".
type Names interface {
	// Names are the names of users and groups as they are now; a number without a name is "".
	Names() (user, group func(uint32) string, err error)
	HomeOf(user string) (home string, ok bool)
}

// Admission counts the sessions of each account.
type Admission interface {
	// Login takes a place for the account name, or reports false if max others hold one already; max 0 is no limit.
	Login(name string, max uint64) (release func(), ok bool)
	// Sessions is how many clients are served now, for the greeting.
	Sessions() int
}

// Parts are the rooms below that a conversation works with. They are shared by all sessions.
type Parts struct {
	Auth      Authenticator
	Roots     *rootfs.Cache
	Passive   *transfer.Passive // nil in NAT mode
	Log       *record.Log
	Names     Names
	Admission Admission
	Dialer    *transfer.Dialer
	Copier    *transfer.Copier
	Scratch   *listing.Scratch
	Quotas    *quota.Book
	Shaper    *pace.Shaper    // bandwidth of the whole server
	TLS       *tlsconf.Server // nil where Config.TLS is TLSOff
	AltLogs   []*record.AltLog
	Uploads   Announcer // nil without -o
	Registry  *Registry // of all Handlers of the process; nil: one of its own
	Bans      *ban.Table
	Tally     *Tally // nil: the Handler has one of its own
}

// An Announcer tells upload scripts of files that were received. It does not wait for them.
type Announcer interface {
	// Announce is told the account, "ftp" for anonymous users, and where the file is, as transfer logs name it.
	Announce(login, path string)
}

// who makes an account's identity for file operations.
func who(a account.Account) *identity.Who {
	return &identity.Who{UID: a.UID, GID: a.GID, Groups: a.Groups}
}
