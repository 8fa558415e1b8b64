package session

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"pureftpd/internal/account"
	"pureftpd/internal/ftp"
	"pureftpd/internal/pace"
	"pureftpd/internal/record"
	"pureftpd/internal/rootfs"
	"pureftpd/internal/tlsconf"
	"pureftpd/internal/transfer"
)

const (
	maxNameLength     = 127 // bytes of a user name that count
	maxPasswordLength = 511
	maxFailedLogins   = 5           // the next one ends the session
	maxFailedCwds     = 50          // likewise
	aliveInterval     = time.Second // how often the root is checked to be still there
)

// A Handler serves conversations under one configuration. It is safe for concurrent use.
type Handler struct {
	cfg   Config
	parts Parts
	verbs map[string]verb
	tally *Tally
	ward  ward
}

// NewHandler makes a Handler of its settings and the rooms below.
func NewHandler(cfg Config, parts Parts) *Handler {
	if parts.Registry == nil {
		parts.Registry = NewRegistry()
	}
	if parts.Tally == nil {
		parts.Tally = NewTally()
	}
	return &Handler{cfg: cfg, parts: parts, verbs: inRows(verbs()), tally: parts.Tally}
}

// A Session is one client's conversation. Unless a field says otherwise it is owned by the goroutine that runs Serve.
type Session struct {
	*Handler
	live    live    // what others see; see live.go
	control control // lent to the watcher while a transfer runs
	log     *record.Session
	local   netip.AddrPort
	peer    netip.AddrPort // of the control connection
	out     []byte         // replies not yet sent; from replyBuffers
	host    *netip.Addr    // the address allowed on the data connection, where FXP changed it; nil: the peer's

	// Login state.
	user       string // given by USER, not yet authenticated
	failed     int    // failed logins
	failedHere int    // recent ones of the address, as of the last one; 0: they do not matter
	account    *account.Account
	release    func() // gives the account's place back

	// Set by the login.
	root    *rootfs.Root
	cwd     string // absolute inside the root
	home    string // where "~" leads
	prefix  string // what stands before a pathname in the log: the root with a slash at its end
	jailed  bool
	trusted bool

	virtualHosted bool // anonymous on a virtual host

	// What the user may use up, set by the login.
	allotment *allotment                  // the quota; nil: none
	ratio     pace.Ratio                  // zero: none
	limited   bool                        // a bandwidth was set for the account
	member    atomic.Pointer[pace.Member] // the share of the bandwidth; SetRates reads it from any goroutine

	// Parameters.
	ascii    bool
	idle     time.Duration
	restart  int64     // set by REST, used up by the next transfer
	rename   string    // set by RNFR, used up by RNTO: absolute
	renameAs string    // the same as the client wrote it
	dummies  time.Time // since when nothing but dummy commands came; zero: not so
	extOnly  bool      // EPSV ALL was given

	// TLS.
	implicit bool             // it begins before the greeting
	tls      *tlsconf.Session // nil before AUTH
	private  bool             // PROT P
	endsTLS  bool             // the client has ended the TLS of an upload as it should
	then     func()           // what follows the reply to the present command: set by AUTH and CCC, used up by command

	// The data connection to come.
	lease  *transfer.Lease // after PASV or EPSV
	remote netip.AddrPort  // after PORT or EPRT
	opened *transfer.Conn  // by ESTA or ESTP

	failedCwds int
	checked    time.Time // when the root was last seen alive
	sent       int64     // bytes downloaded
	received   int64     // bytes uploaded and stored
	ending     bool      // the reply to the current command is the last
	gone       bool      // the control connection broke during a transfer
}

// Open begins a session over conn, which the session closes in the end. Serve runs it.
func (h *Handler) Open(conn net.Conn) *Session {
	return &Session{
		Handler: h,
		control: control{conn: conn, raw: conn},
		local:   addrPort(conn.LocalAddr()),
		peer:    addrPort(conn.RemoteAddr()),
		idle:    h.cfg.Idle,
		live:    live{conn: conn, began: time.Now()},
		ascii:   true,
	}
}

// OpenImplicit begins a session over a connection that begins with TLS, as on the port 990. Data connections are private unless
// the client says otherwise.
func (h *Handler) OpenImplicit(conn net.Conn) *Session {
	s := h.Open(conn)
	s.implicit, s.private = true, true
	return s
}

// Drain lets the transfer that runs, if any, come to its end, and then ends the session with a 421. A login is broken off. It may be
// called from any goroutine, at any time.
func (s *Session) Drain() {
	s.control.shutDown()
	s.live.endLogin()
}

// Serve holds the conversation until it ends. Cancelling ctx ends it at once, in the middle of a transfer, too.
func (s *Session) Serve(ctx context.Context) {
	s.log = s.parts.Log.Session(s.peer.Addr())
	s.enroll()
	s.log.SetNumber(s.live.number)
	defer s.retire()
	stop := context.AfterFunc(ctx, s.Drain)
	defer s.close(stop)
	defer s.recoverPanic()
	s.log.Connected()
	if s.implicit {
		s.secure()
	}
	if !s.ending && s.greet(ctx) {
		s.converse(ctx)
	}
}

// close gives back everything the session holds.
func (s *Session) close(stopWatching func() bool) {
	stopWatching()
	s.dropDataConnection()
	s.leave()
	s.closeLedger()
	if s.root != nil {
		s.root.Close()
	}
	if s.release != nil {
		s.release()
	}
	s.control.close(s.gone)
}

// recoverPanic turns a fault of ours into the end of this one session.
func (s *Session) recoverPanic() {
	if fault := recover(); fault != nil {
		s.logf(record.Error, "panic: %v\n%s", fault, debug.Stack())
		s.say(ftp.Say(ftp.CodeNotAvailable, "Internal error, this session ends"))
		s.flush()
	}
}

// converse reads and answers commands until the session ends.
func (s *Session) converse(ctx context.Context) {
	for !s.ending && !s.expelled() {
		if !s.control.hasLine() && s.flush() != nil {
			break
		}
		line, err := s.control.readLine(s.idle)
		if err != nil {
			s.ended(err)
			break
		}
		s.command(ctx, line)
		if s.gone {
			s.logLogout()
			break
		}
	}
	_ = s.flush() // the session ends either way
}

// ended says why no further command could be read.
func (s *Session) ended(err error) {
	switch {
	case s.expelled():
	case s.control.down.Load():
		s.say(ftp.Say(ftp.CodeNotAvailable, "The server is shutting down"))
	case errors.Is(err, errTLSAtOnce):
		s.logf(record.Warning, "TLS: the client began it without AUTH TLS, as for implicit TLS")
		s.say(ftp.Say(ftp.CodeNotAvailable, "TLS begins with AUTH TLS on this port: choose explicit TLS"))
	case errors.Is(err, errLineTooLong):
		s.log.WriteEvent(record.Warning, []byte(record.LineTooLong), record.Detail{Event: record.Overlong})
		s.tally.limit(LimitLine)
		s.say(ftp.Say(ftp.CodeNotAvailable, "Command line too long"))
	case errors.Is(err, os.ErrDeadlineExceeded):
		s.timeout("no command for too long")
	default:
		s.logLogout()
	}
}

// timeout ends the session with the words that log parsers look for.
func (s *Session) timeout(why string) {
	text := "Timeout: " + why + ", this session ends"
	s.tally.limit(LimitIdle)
	s.logTimeout(text)
	s.say(ftp.Say(ftp.CodeNotAvailable, text))
	s.ending = true
}

// overdue ends a session that sent nothing but dummy commands for twice the idle time.
func (s *Session) overdue() bool {
	if s.dummies.IsZero() || time.Since(s.dummies) <= 2*s.idle {
		return false
	}
	s.timeout("nothing but dummy commands for " + (2 * s.idle).String())
	return true
}

// replyBuffers hold replies from the moment they are said until they are sent.
var replyBuffers = sync.Pool{New: func() any { b := make([]byte, 0, 512); return &b }}

// maxPending is how much of replies to pipelined commands may wait before it is sent.
const maxPending = 16 << 10

// say adds a reply to what goes out with the next flush.
func (s *Session) say(r ftp.Reply) {
	if s.out == nil {
		s.out = (*replyBuffers.Get().(*[]byte))[:0]
	}
	start := len(s.out)
	s.out = r.AppendTo(s.out)
	s.replySeen(s.out[start:])
	if s.cfg.Verbosity >= 2 {
		s.traceReply(s.out[start:])
	}
}

// flush sends what was said.
func (s *Session) flush() error {
	if len(s.out) == 0 {
		return nil
	}
	err := s.control.write(s.out)
	if cap(s.out) <= maxPending {
		out := s.out[:0]
		replyBuffers.Put(&out)
	}
	s.out = nil
	if err != nil {
		s.gone = true
	}
	return err
}

// mark sends a preliminary reply at once.
func (s *Session) mark(r ftp.Reply) {
	s.say(r)
	_ = s.flush() // a control connection that broke is noticed by the watcher and the next read
}

// addrPort takes an address apart; what is not an IP endpoint (a pipe, a Unix socket) is the zero AddrPort.
func addrPort(a net.Addr) netip.AddrPort {
	t, ok := a.(*net.TCPAddr)
	if !ok {
		return netip.AddrPort{}
	}
	ap := t.AddrPort()
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
}
