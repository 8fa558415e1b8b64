package options

import (
	"net/netip"
	"slices"
	"time"
)

// Options is everything the server was told, resolved to values that need no further parsing. It
// is built by Parse and never changed afterwards.
type Options struct {
	// Action is what to do at all; the other fields matter for Serve, Check and Try.
	Action Action
	// Check asks to print Report and exit instead of serving.
	Check bool
	// Show asks to print the same options in another form and exit: "config" for a configuration file, "toml" for one in TOML,
	// "switches" for a command line; empty means no.
	Show string
	// Try asks for a throw-away server; TryDir is the folder it serves, empty for the caller's
	// choice.
	Try    bool
	TryDir string

	// BindHost is the name or address to listen on; empty means every address.
	BindHost string
	// BindPort is the port to listen on when BindPortSet; 0 then lets the kernel choose one.
	// Without BindPortSet the caller takes its own default (21, or 2121 without privilege).
	BindPort    uint16
	BindPortSet bool
	// IPv4Only and IPv6Only switch the other family off. Both together leave nothing to listen on.
	IPv4Only, IPv6Only bool
	// MaxClients bounds the sessions at once, MaxClientsPerIP those of one address; 0 means no
	// limit.
	MaxClients, MaxClientsPerIP int
	// MaxPerUser and MaxAnonymous bound the sessions of one name and of anonymous; 0 means no
	// limit.
	MaxPerUser, MaxAnonymous int
	// MaxIdle ends a session in which nothing happens. It is never 0.
	MaxIdle time.Duration
	// TrustedIP is the only local address that takes logins other than anonymous; the zero Addr
	// means all do.
	TrustedIP netip.Addr
	// DontResolve logs numeric peer addresses.
	DontResolve bool
	// Daemonize asks to go to the background.
	Daemonize bool
	// PIDFile is where the process id is written.
	PIDFile string
	// Control is about the control socket, Web about what is served to browsers and Prometheus.
	Control Control
	// TakeOver takes the listening sockets of a running server over, if there is one.
	TakeOver bool
	Web      Web

	// Passive is the range of ports for passive data connections, both ends included.
	Passive PortRange
	// ForcePassiveIP is the IPv4 address or host name put into 227 replies; empty means the real
	// local address.
	ForcePassiveIP string
	// NATMode refuses passive data connections.
	NATMode bool
	// FXP says whose data connections may end at a third host.
	FXP FXPRule

	// Auth is the chain of account sources, in the order they are asked. It is never empty.
	Auth []AuthMethod
	// AuthCache is how long a successful login is remembered, so that the same one is not looked up again; 0 means not at
	// all. AuthFailures is how many logins of one address may fail in a minute before more are refused unseen; 0 means any.
	AuthCache    time.Duration
	AuthFailures int
	// Ban says when addresses are kept out because logins from them fail.
	Ban Ban
	// DESPasswords accepts passwords stored as DES or BSDi hashes.
	DESPasswords bool
	// Anonymous says who may be, or has to be, anonymous.
	Anonymous AnonymousRule
	// MinUID refuses accounts with a smaller uid (anonymous excepted); 0 refuses none.
	MinUID uint32
	// Chroot says whose root is the home; TrustedGID is the group left out of ChrootUntrusted.
	Chroot     ChrootRule
	TrustedGID uint32
	// VirtualChroot lets symbolic links lead out of the root, everywhere; FollowLinksTo holds the directories they may
	// lead to in any case, absolute and clean and never "/".
	VirtualChroot bool
	FollowLinksTo []string
	// CreateHome makes a missing home at login.
	CreateHome bool

	// AnonymousCantUpload and AnonymousMkdir are what anonymous may do; AntiWarez hides files that
	// the ftp account owns from anonymous; MaxLoad refuses anonymous downloads when the
	// five-minute load average reaches it (0: never).
	AnonymousCantUpload, AnonymousMkdir, AntiWarez bool
	MaxLoad                                        float64

	// FileUmask and DirUmask are the permission bits taken away from new files and directories.
	FileUmask, DirUmask uint32
	// AtomicUploads writes to a temporary file and renames it; AutoRename never overwrites
	// (name.1, name.2).
	AtomicUploads, AutoRename bool
	// KeepAllFiles refuses DELE, NoRename refuses RNFR, NoChmod refuses SITE CHMOD, CustomerProof
	// keeps owner bits.
	KeepAllFiles, NoRename, NoChmod, CustomerProof bool
	// KeepOthersFiles lets users change only what they own.
	KeepOthersFiles bool
	// ShowDotFiles lists them always; NoDotWrite and NoDotRead forbid changing and reading them;
	// AnonymousDotFiles lets anonymous read them.
	ShowDotFiles, NoDotWrite, NoDotRead, AnonymousDotFiles bool
	// DotFileExceptions are the names that may be changed and read in spite of NoDotWrite and NoDotRead.
	DotFileExceptions []DotFileException
	// MaxDiskUsage refuses uploads when the file system is fuller, in percent; 0 means no check.
	MaxDiskUsage float64
	// MaxListFiles and MaxListDepth bound a recursive listing; 0 means no limit.
	MaxListFiles, MaxListDepth int
	// BrokenClients bends rules for clients that need it.
	BrokenClients bool

	// Bandwidth holds each session of the users in BandwidthFor to a rate.
	Bandwidth    Bandwidth
	BandwidthFor Scope
	// Background says that transfers of the users in BandwidthFor, who then have no rate, yield to those of the others
	// wherever a total is shared.
	Background bool
	// TotalBandwidth is for all sessions of the server together, UserTotalBandwidth for all sessions of one user
	// together, AnonymousTotalBandwidth for all anonymous sessions together.
	TotalBandwidth, UserTotalBandwidth, AnonymousTotalBandwidth Bandwidth
	// Ratio makes the users in RatioFor upload before they download.
	Ratio    Ratio
	RatioFor Scope
	// Quota is the default quota of users other than anonymous; nil means none.
	Quota *Quota

	// SyslogFacility is the lower-case facility name, "none" for no log at all.
	SyslogFacility string
	// Logs are the places of the log, each named once; empty means the system log, and standard error while that is not there.
	Logs []LogTarget
	// LogPID adds the process id to the log tag.
	LogPID bool
	// Verbosity is 0, 1 (commands) or 2 (commands and replies).
	Verbosity int
	// FortunesFile is shown to clients as a banner; empty means none.
	FortunesFile string
	// AltLogs are the transfer logs, each with a path of its own.
	AltLogs []AltLog
	// UploadScript announces uploads to pure-uploadscript.
	UploadScript bool

	// TLS is 0 (off), 1 (if the client asks), 2 (logins only so), 3 (data as well).
	TLS int
	// CertFile and KeyFile are PEM files, CertDir a folder of more certificates, ExtCert the socket of pure-certd (empty:
	// none). TLSSelfSigned makes a certificate if CertFile is missing.
	CertFile, KeyFile, CertDir, ExtCert string
	TLSSelfSigned                       bool
	// ACME keeps the certificate, in place of CertFile.
	ACME ACME
	// TLSCiphers is a cipher list, empty for the default.
	TLSCiphers string
	// TLSBinding says what is demanded of data connections.
	TLSBinding TLSBinding
	// TLSAnyAddress lets data connections that have to resume come from any address. TLSStrictEnd breaks off an upload that ends
	// without close_notify.
	TLSAnyAddress, TLSStrictEnd bool
	// ImplicitTLS is where clients that begin with TLS are served as well; nil means nowhere.
	ImplicitTLS *Bind
	// ClearTextFrom are the networks whose clients need not do what TLS levels 2 and 3 demand. They are masked.
	ClearTextFrom []netip.Prefix
	// TLSClientCA is the PEM file of those who may issue client certificates, empty for CertFile. TLSClientLogin lets in
	// without a password who shows a certificate with the name of the account. Whether one is asked for, ClientCert says.
	TLSClientCA    string
	TLSClientLogin bool
	tlsClientCert  ClientCertRule // of --tlsclientcert
	cipherListCert bool           // -J -C:

	// Warnings are remarks that do not keep the server from starting, one line each, with their
	// place.
	Warnings []string

	origins  map[string][]Origin // by long name; absent means default
	switches []string
}

// Switches says the same on a command line: the arguments of a server without configuration file.
// What a file denies leaves no trace in it; --check, --show and --try are not part of it.
func (o *Options) Switches() []string { return slices.Clone(o.switches) }

// Origins says where the effective value of a setting, named by its long name, was given; none
// means it is the default.
func (o *Options) Origins(long string) []Origin {
	return slices.Clone(o.origins[long])
}

// An Action is what the command line asks for.
type Action uint8

// The actions. Help and version win at once when they are reached, whatever follows them.
const (
	Serve       Action = iota // start the server, or check, or try
	ShowHelp                  // print About.Help and exit with status 0
	ShowVersion               // print About.Line and exit with status 0
)

// A PortRange is a range of TCP ports, both ends included.
type PortRange struct{ First, Last uint16 }

// An AuthMethod is one link of the authentication chain.
type AuthMethod struct {
	Method string // unix, puredb, purepw, ...: lower case
	Arg    string // the file or socket it reads, empty if it needs none
}

// A Bind is an address and a port to listen on. An empty Host means every address; Port 0 lets the kernel choose one.
type Bind struct {
	Host string
	Port uint16
}

// A TLSBinding says whether data connections have to resume the TLS session of their control connection.
type TLSBinding uint8

// The bindings.
const (
	TLSBindingOff     TLSBinding = iota
	TLSBindingWarn               // those that do not are logged
	TLSBindingRequire            // those that do not are refused
)

func (b TLSBinding) String() string { return tlsBindings()[b] }

// A ClientCertRule says whether clients show a certificate.
type ClientCertRule uint8

// The client certificate rules.
const (
	ClientCertOff     ClientCertRule = iota
	ClientCertRequest                // verified if there is one
	ClientCertRequire
)

func (r ClientCertRule) String() string { return clientCertRules()[r] }

// ClientCert says whether clients show a certificate: -J -C: demands it, whatever --tlsclientcert says.
func (o *Options) ClientCert() ClientCertRule {
	if o.cipherListCert {
		return ClientCertRequire
	}
	return o.tlsClientCert
}

// An FXPRule says whose data connections may lead to a host other than the client's.
type FXPRule uint8

// The FXP rules.
const (
	FXPNobody    FXPRule = iota
	FXPUsers             // everybody but anonymous
	FXPEverybody         // announced in the greeting
)

// An AnonymousRule says who is anonymous.
type AnonymousRule uint8

// The anonymous rules.
const (
	AnonymousAllowed AnonymousRule = iota // ftp and anonymous are; other names log in
	AnonymousOnly                         // every name is
	AnonymousNever                        // ftp and anonymous are ordinary names
)

// A ChrootRule says whose root directory is the home.
type ChrootRule uint8

// The chroot rules. Uid 0 is exempt from all of them.
const (
	ChrootNobody    ChrootRule = iota // only homes recorded with "/./"
	ChrootEveryone                    // everybody
	ChrootUntrusted                   // everybody outside the group TrustedGID
)

// A Scope says whom a limit concerns.
type Scope uint8

// The scopes.
const (
	ForNobody Scope = iota
	ForAnonymous
	ForEverybody
)

// String says whose.
func (s Scope) String() string {
	return [...]string{"no", "anonymous", "all"}[s]
}

// A Bandwidth holds bytes per second; 0 means unlimited.
type Bandwidth struct{ Upload, Download uint64 }

// A Ratio is Upload parts that earn Download parts.
type Ratio struct{ Upload, Download uint32 }

// A Quota is a number of files and of bytes.
type Quota struct{ Files, Bytes uint64 }

// An AltLog is a transfer log: clf, stats, w3c, xferlog or json, written to Path.
type AltLog struct{ Format, Path string }

// A LogTarget is a place of the log: "syslog", "stderr" or the path of a file. Format is text or json.
type LogTarget struct{ Format, Where string }

// defaults are the values of a server that was told nothing.
func defaults() *Options {
	return &Options{
		MaxClients:     50,
		MaxIdle:        15 * time.Minute,
		PIDFile:        "/var/run/pure-ftpd.pid",
		Passive:        PortRange{First: 1024, Last: 65535},
		FileUmask:      0o133,
		DirUmask:       0o022,
		MaxListFiles:   10000,
		MaxListDepth:   5,
		SyslogFacility: "ftp",
		CertFile:       "/etc/ssl/private/pure-ftpd.pem",
		Ban:            Ban{After: 30, Within: 10 * time.Minute, Time: 10 * time.Minute, Exempt: loopback()},
		ACME:           ACME{Storage: "/var/lib/pure-ftpd/acme"},
		KeyFile:        "/etc/ssl/private/pure-ftpd.pem",
		origins:        map[string][]Origin{},
	}
}
