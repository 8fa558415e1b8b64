package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"pureftpd/internal/account"
	"pureftpd/internal/auth"
	"pureftpd/internal/auth/pamauth"
	"pureftpd/internal/auth/unixauth"
	"pureftpd/internal/ban"
	"pureftpd/internal/control"
	"pureftpd/internal/identity"
	"pureftpd/internal/listing"
	"pureftpd/internal/options"
	"pureftpd/internal/pace"
	"pureftpd/internal/passhash"
	"pureftpd/internal/quota"
	"pureftpd/internal/record"
	"pureftpd/internal/server"
	"pureftpd/internal/session"
	"pureftpd/internal/transfer"
	"pureftpd/internal/uploads"
)

// passiveWait is how long a session waits for the client to connect to its passive port. A port that a firewall closes is
// told from a slow client by then.
const passiveWait = 30 * time.Second

// failurePause is the unit of the pause after a failed login, as in the original.
const failurePause = 3 * time.Second

// parts is what lives as long as the process, whatever is reloaded: it is made once and carried from one generation of settings
// to the next.
type parts struct {
	log       *record.Log
	copier    *transfer.Copier
	dialer    *transfer.Dialer
	scratch   *listing.Scratch
	admission *server.Admission
	bans      *ban.Table
	places    session.Admission // admission, or the slots of inetd mode
	registry  *session.Registry
	tally     *session.Tally
	quotas    *quota.Book
	shaper    *pace.Shaper
	system    *unixauth.Database
	only      auth.Backend                   // stands for the chain of -l; nil: nothing does
	control   atomic.Pointer[control.Server] // nil until there is a control socket

	// Used by who builds a generation, one at a time.
	verifiers map[bool]*passhash.Verifier // by whether DES is accepted
	pam       *pamauth.Backend            // nil: it was not asked for at the start

	// Shared by the generations that want the same.
	passives pool[portRange, *transfer.Passive]
	altLogs  pool[options.AltLog, *record.AltLog]
	couriers pool[struct{}, *uploads.Courier]

	lostTransfers lossCount // lines of altLogs

	current atomic.Pointer[generation]
	reloads struct{ done, failed atomic.Int64 }
	given   atomic.Bool // another process has taken over
}

// newParts builds a server from its options: what lives as long as the process, and the first generation. The sessions of inetd
// mode count themselves in slots, all others in memory. If only is not nil it stands for the chain of -l.
func newParts(o *options.Options, slots *server.Slots, only auth.Backend) (*parts, error) {
	targets, err := openTargets(o)
	if err != nil {
		return nil, err
	}
	p := &parts{
		log:      openLog(o, targets),
		copier:   transfer.NewCopier(),
		dialer:   &transfer.Dialer{BindLow: bindLow()},
		scratch:  new(listing.Scratch),
		registry: session.NewRegistry(),
		tally:    session.NewTally(options.AuthMethods()...),
		quotas:   quota.NewBook(),
		shaper:   pace.NewShaper(pace.Rates(o.TotalBandwidth)),
		system:   unixauth.NewDatabase(unixauth.Files{OpenShadow: openProtected}),
		only:     only,
	}
	p.bans = newBans(o, p.log, slots)
	p.admission = server.NewAdmission(o.MaxClients, o.MaxClientsPerIP, p.bans)
	p.places = p.admission
	if slots != nil {
		p.places = slots
	}
	for _, warning := range o.Warnings {
		p.log.WriteString(record.Error, warning)
	}
	g, err := p.build(o, nil, func(message string) {
		p.log.WriteString(record.Warning, message)
		if !o.Try { // whose log is standard error
			fmt.Fprintln(os.Stderr, "pure-ftpd: "+message)
		}
	})
	if err != nil {
		for line := range strings.SplitSeq(err.Error(), "\n") {
			p.log.WriteString(record.Error, line)
		}
		return nil, errors.Join(err, p.closeOwn())
	}
	p.current.Store(g)
	return p, nil
}

// handler serves the sessions that begin now.
func (p *parts) handler() *session.Handler { return p.current.Load().handler }

// close ends what newParts began; sessions must have ended.
func (p *parts) close() {
	p.current.Load().close(p.log)
	_ = p.closeOwn() // nothing is left that could be lost: no transfer runs any more
}

// closeOwn ends what belongs to no generation.
func (p *parts) closeOwn() (err error) {
	if p.pam != nil {
		err = p.pam.Close()
	}
	return errors.Join(err, p.copier.Close(), p.log.Close())
}

// openLog opens the log of -f and --logto. A server on trial logs to standard error, for the person who started it.
func openLog(o *options.Options, targets []*record.Target) *record.Log {
	c := record.Config{Location: time.Local, Verbose: o.Verbosity > 0, Targets: targets}
	if facility, ok := record.ParseFacility(o.SyslogFacility); ok {
		c.Facility = facility
	}
	switch {
	case o.Try && len(targets) == 0:
		c.Output = record.Stderr
	case !wantsSyslog(o):
		c.Output = record.None
	}
	if o.LogPID {
		c.PID = os.Getpid()
	}
	if !o.DontResolve && !o.Try {
		c.Resolve = reverseName
	}
	return record.Open(c)
}

// reverseName asks the DNS for the name of a client.
func reverseName(ctx context.Context, addr netip.Addr) (string, error) {
	names, err := net.DefaultResolver.LookupAddr(ctx, addr.String())
	if err != nil || len(names) == 0 {
		return "", err
	}
	return strings.TrimSuffix(names[0], "."), nil
}

// A portRange is that of passive data connections; zero: the kernel chooses.
type portRange struct{ first, last uint16 }

func passiveRange(o *options.Options) portRange {
	if len(o.Origins("passiveportrange")) == 0 {
		return portRange{}
	}
	return portRange{o.Passive.First, o.Passive.Last}
}

// bindLow is how the source port 20 is bound: only with privilege.
func bindLow() func(func() error) error {
	if os.Geteuid() != 0 {
		return nil
	}
	return func(bind func() error) error { return identity.With(identity.BindLow, bind) }
}

// openProtected opens a file of accounts that only root may read.
func openProtected(path string) (f *os.File, err error) {
	err = protected(func() error {
		f, err = os.Open(path)
		return err
	})
	return f, err
}

// protected runs what reads files that only root may read.
func protected(read func() error) error {
	err := identity.With(identity.ReadSearch, read)
	if errors.Is(err, fs.ErrPermission) {
		err = asRoot(read) // a container gives root no DAC_READ_SEARCH; root's own files open without
	}
	return err
}

// newChain makes the authentication chain of -l, in its order.
func (p *parts) newChain(o *options.Options) (*auth.Chain, error) {
	verifier := p.verifier(o.DESPasswords)
	chain := &auth.Chain{Verifier: verifier}
	for _, method := range o.Auth {
		var backend auth.Backend
		var err error
		if method.Method == "pam" {
			backend, err = p.usePAM()
		} else {
			backend, err = newBackend(method, p.system, verifier, p.log)
		}
		if err != nil {
			return nil, errors.Join(err, closeBackends(chain))
		}
		chain.Links = append(chain.Links, auth.Link{Name: method.Method, Backend: backend})
	}
	return chain, nil
}

// verifier is that of all generations that read the same hashes: it bounds the memory and the processors that passwords take.
func (p *parts) verifier(des bool) *passhash.Verifier {
	if p.verifiers[des] == nil {
		if p.verifiers == nil {
			p.verifiers = make(map[bool]*passhash.Verifier)
		}
		p.verifiers[des] = passhash.New(passhash.Config{DES: des})
	}
	return p.verifiers[des]
}

// usePAM is PAM's helper, for as long as the process lives: once privileges are gone it cannot be started.
func (p *parts) usePAM() (auth.Backend, error) {
	if p.pam == nil {
		var err error
		if p.pam, err = newPAM(); err != nil {
			return nil, err
		}
	}
	return struct{ auth.Backend }{p.pam}, nil // without Close
}

// sessionConfig hands the session the settings it needs.
func sessionConfig(o *options.Options, system *unixauth.Database, log *record.Log) (session.Config, error) {
	aliases, err := loadAliases()
	if err != nil {
		log.WriteString(record.Error, "directory aliases are switched off: "+err.Error())
	}
	jail := map[options.ChrootRule]session.Jail{
		options.ChrootEveryone: session.JailEveryone, options.ChrootUntrusted: session.JailUntrusted,
	}[o.Chroot]
	fxp := map[options.FXPRule]session.FXP{
		options.FXPUsers: session.FXPUsers, options.FXPEverybody: session.FXPEveryone,
	}[o.FXP]
	anonRatio, userRatio := ratios(o)
	anonBandwidth, userBandwidth := bandwidths(o)
	maxUserFiles, maxUserBytes := defaultQuota(o.Quota)
	c := session.Config{
		AnonymousOnly:    o.Anonymous == options.AnonymousOnly,
		NoAnonymous:      o.Anonymous == options.AnonymousNever,
		AnonUpload:       !o.AnonymousCantUpload,
		AnonMkdir:        o.AnonymousMkdir,
		AnonReadDots:     o.AnonymousDotFiles,
		AntiWarez:        o.AntiWarez,
		TrustedIP:        o.TrustedIP,
		VirtualHostDirs:  []string{"/etc/pure-ftpd", "/etc/pure-ftpd/pure-ftpd"},
		AnonMaxSessions:  uint64(o.MaxAnonymous),
		UserMaxSessions:  uint64(o.MaxPerUser),
		MinUID:           o.MinUID,
		Jail:             jail,
		TrustedGID:       o.TrustedGID,
		VirtualChroot:    o.VirtualChroot,
		CreateHome:       o.CreateHome,
		BrokenClients:    o.BrokenClients,
		NATMode:          o.NATMode,
		IPv6:             !o.IPv4Only && hasIPv6(),
		FXP:              fxp,
		ForcePassive:     forcedAddress(o.ForcePassiveIP),
		AtomicUploads:    o.AtomicUploads,
		AutoRename:       o.AutoRename,
		KeepAllFiles:     o.KeepAllFiles,
		KeepOthersFiles:  o.KeepOthersFiles,
		NoRename:         o.NoRename,
		NoChmod:          o.NoChmod,
		CustomerProof:    o.CustomerProof,
		MaxUserFiles:     maxUserFiles,
		MaxUserBytes:     maxUserBytes,
		AnonRatio:        anonRatio,
		UserRatio:        userRatio,
		AnonBandwidth:    anonBandwidth,
		UserBandwidth:    userBandwidth,
		NoDotWrite:       o.NoDotWrite,
		NoDotRead:        o.NoDotRead,
		DotExceptions:    dotExceptions(o.DotFileExceptions),
		ShowDots:         o.ShowDotFiles,
		MaxDiskUsage:     o.MaxDiskUsage,
		MaxLoad:          o.MaxLoad,
		MaxFiles:         o.MaxListFiles,
		MaxDepth:         o.MaxListDepth,
		FileMask:         o.FileUmask,
		DirMask:          o.DirUmask,
		Idle:             o.MaxIdle,
		Verbosity:        o.Verbosity,
		FortunesFile:     o.FortunesFile,
		Aliases:          aliases,
		Location:         time.Local,
		TLS:              session.TLSLevel(tlsLevel(o)),
		ClearNetworks:    o.ClearTextFrom,
		DataBinding:      tlsBinding(o.TLSBinding),
		DataFromAnywhere: o.TLSAnyAddress,
		CertifiedLogin:   o.TLSClientLogin,
		NeedCloseNotify:  o.TLSStrictEnd,
		MaxClients:       o.MaxClients,
		PassiveWait:      passiveWait,
		FailurePause:     failurePause,
		LoadAverage:      loadAverage,
		AnonymousAccount: func() (account.Account, error) { return anonymousAccount(system) },
	}
	return c, nil
}

// dotExceptions are the dot files that -x and -X let through.
func dotExceptions(list []options.DotFileException) []session.DotException {
	var exceptions []session.DotException
	for _, e := range list {
		exceptions = append(exceptions, session.DotException(e))
	}
	return exceptions
}

// anonymousAccount is the system's account ftp, or _ftp.
func anonymousAccount(system *unixauth.Database) (account.Account, error) {
	entry, err := system.Account("ftp")
	if errors.Is(err, unixauth.ErrNoAccount) {
		entry, err = system.Account("_ftp")
	}
	if err != nil {
		return account.Account{}, err
	}
	groups, err := system.Groups(entry.UID)
	return account.Account{Name: "ftp", UID: entry.UID, GID: entry.GID, Groups: groups, Home: entry.Home}, err
}

// systemNames is the system's database as sessions ask it.
type systemNames struct{ db *unixauth.Database }

// Names are the names of users and groups as they are now.
func (n systemNames) Names() (user, group func(uint32) string, err error) {
	names, err := n.db.Names()
	if err != nil {
		return nil, nil, err
	}
	return names.User, names.Group, nil
}

// HomeOf is where "~user" leads.
func (n systemNames) HomeOf(user string) (string, bool) {
	entry, err := n.db.Account(user)
	return entry.Home, err == nil
}

// forcedAddress is how the address of -P is found: a name is resolved anew for every connection, as it may belong to a
// router whose address changes.
func forcedAddress(host string) func(context.Context) (netip.Addr, error) {
	if host == "" {
		return nil
	}
	if addr, err := netip.ParseAddr(host); err == nil && addr.Is4() {
		return func(context.Context) (netip.Addr, error) { return addr, nil }
	}
	return func(ctx context.Context) (netip.Addr, error) {
		addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip4", host)
		if err != nil {
			return netip.Addr{}, fmt.Errorf("resolve %s: %w", host, err)
		}
		return addrs[0].Unmap(), nil
	}
}

// loadAverage is the load of the last five minutes.
func loadAverage() (float64, error) {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return 0, fmt.Errorf("load average: %w", err)
	}
	fields := strings.Fields(string(text))
	if len(fields) < 2 {
		return 0, errors.New("load average: /proc/loadavg is malformed")
	}
	return strconv.ParseFloat(fields[1], 64)
}

// hasIPv6 reports whether the kernel speaks IPv6.
func hasIPv6() bool {
	_, err := os.Stat("/proc/net/if_inet6")
	return err == nil
}
