package session

import (
	"crypto/tls"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"pureftpd/internal/auth"
	"pureftpd/internal/metrics"
)

// A Tally counts what sessions do. Several Handlers may share one, so that no number falls when settings change. To count is to add to an atomic: no lock, no
// map, no memory. All labels are of closed lists.
type Tally struct {
	commands  []codes // by row of a verb; 0 is for what is no known verb
	transfers [directions][outcomes]atomic.Int64
	moving    [directions]*metrics.Histogram
	limits    [limits]atomic.Int64
	unopened  [2]atomic.Int64 // data connections that did not come about: active, passive

	sources []string
	logins  [][]atomic.Int64      // by source and outcome: LoggedIn, then the causes
	asking  [2]*metrics.Histogram // authentication that let in, and that did not
	staying *metrics.Histogram    // sessions

	handshakes [2][versions][2]atomic.Int64 // control and data connections; by version; full and resumed
	unshaken   [2][2]atomic.Int64           // handshakes that failed: for want of resumption, for another cause
}

// codes are commands by the first digit of their reply.
type codes [6]atomic.Int64

// A Direction is the way of a transfer.
type Direction uint8

// The directions.
const (
	Download Direction = iota
	Upload
	Listing
	directions
)

func (d Direction) String() string { return [...]string{"download", "upload", "listing"}[d] }

// An Outcome is how a transfer ended.
type Outcome uint8

// The outcomes.
const (
	Completed    Outcome = iota
	Aborted              // ABOR
	Disconnected         // the client's control connection has gone
	Kicked               // by an administrator
	Shutdown             // of the server
	Stalled              // nothing moved for too long, or it took a day
	Broken               // the data connection
	QuotaFull            // the quota has no room
	DiskFull             // nor has the disk
	FileFailed           // it cannot be read, written or put in place
	outcomes
)

func (o Outcome) String() string {
	return [...]string{"completed", "aborted", "disconnected", "kicked", "shutdown", "stalled", "broken", "quota", "disk-full", "file"}[o]
}

// A Limit is a bound that clients meet.
type Limit uint8

// The limits of sessions.
const (
	LimitSessions    Limit = iota // of the account (-y)
	LimitDisk                     // -k
	LimitLoad                     // -m
	LimitQuota                    // -n
	LimitRatio                    // -q, -Q
	LimitEntries                  // of a listing (-L)
	LimitDepth                    // likewise
	LimitPattern                  // files and wildcards of a pattern
	LimitStatus                   // bytes of a listing by STAT
	LimitIdle                     // -I
	LimitLogins                   // failed ones of a session
	LimitLoginRate                // failed ones of an address (--authfailures)
	LimitTurns                    // how long a login waits for others of its address
	LimitDirectories              // failed CWDs
	LimitLine                     // bytes of a command
	LimitTransfer                 // a day
	LimitPorts                    // passive ones
	limits
)

func (l Limit) String() string {
	return [...]string{
		"sessions-per-account", "disk-usage", "load", "quota", "ratio", "listing-entries", "listing-depth", "listing-pattern", "status-length", "idle-time",
		"failed-logins", "login-rate", "login-turns", "failed-directories", "command-length", "transfer-time", "passive-ports",
	}[l]
}

// LoggedIn is the outcome of a login that succeeded, beside the causes of those that failed.
const LoggedIn = "ok"

// Sources of logins beside the backends.
const (
	AnonymousSource = "anonymous"
	NoSource        = "none" // no backend knows the user, or none was asked
)

// versions are those of TLS, from the first on.
const versions = 4

// NewTally makes a Tally for logins from these sources of accounts, and from AnonymousSource and NoSource.
func NewTally(sources ...string) *Tally {
	t := &Tally{
		commands: make([]codes, len(verbs())+1),
		sources:  append([]string{NoSource, AnonymousSource}, sources...),
		staying:  metrics.NewHistogram(100*time.Millisecond, time.Second, 10*time.Second, time.Minute, 5*time.Minute, 15*time.Minute, time.Hour, 6*time.Hour, 24*time.Hour),
	}
	for i := range t.moving {
		t.moving[i] = metrics.NewHistogram(time.Millisecond, 5*time.Millisecond, 25*time.Millisecond, 100*time.Millisecond, 500*time.Millisecond,
			2500*time.Millisecond, 10*time.Second, time.Minute, 5*time.Minute, 30*time.Minute, 2*time.Hour)
	}
	for i := range t.asking {
		t.asking[i] = metrics.NewHistogram(time.Millisecond, 5*time.Millisecond, 10*time.Millisecond, 25*time.Millisecond, 50*time.Millisecond,
			100*time.Millisecond, 250*time.Millisecond, 500*time.Millisecond, time.Second, 2500*time.Millisecond, 5*time.Second, 10*time.Second, 30*time.Second)
	}
	for range t.sources {
		t.logins = append(t.logins, make([]atomic.Int64, len(auth.Causes())+1))
	}
	return t
}

// inRows gives the rows of a table of verbs their places in a Tally.
func inRows(table map[string]verb) map[string]verb {
	for i, name := range slices.Sorted(maps.Keys(table)) {
		v := table[name]
		v.row = i + 1
		table[name] = v
	}
	return table
}

func (t *Tally) command(row, code int) { t.commands[row][code/100%len(codes{})].Add(1) }

func (t *Tally) limit(l Limit) { t.limits[l].Add(1) }

// transfer counts one that has ended.
func (t *Tally) transfer(d Direction, o Outcome, took time.Duration) {
	t.transfers[d][o].Add(1)
	t.moving[d].Observe(took)
}

// loggedIn counts a login. A source that is not known is NoSource.
func (t *Tally) loggedIn(source string) { t.logins[t.source(source)][0].Add(1) }

// refused counts a login that failed. A cause that is not known is the one that is none of the user's.
func (t *Tally) refused(source string, cause auth.Cause) {
	at := slices.Index(auth.Causes(), cause)
	if at < 0 {
		at = slices.Index(auth.Causes(), auth.BackendDown)
	}
	t.logins[t.source(source)][at+1].Add(1)
	if cause == auth.Failures {
		t.limit(LimitLoginRate)
	}
}

func (t *Tally) source(name string) int { return max(slices.Index(t.sources, name), 0) }

// asked counts how long an authentication took.
func (t *Tally) asked(took time.Duration, err error) {
	if err == nil {
		t.asking[0].Observe(took)
	} else {
		t.asking[1].Observe(took)
	}
}

// A channel is one of the connections of a session.
type channel uint8

const (
	controlChannel channel = iota
	dataChannel
)

func (c channel) String() string { return [...]string{"control", "data"}[c] }

// handshake counts one of TLS.
func (t *Tally) handshake(c channel, state tls.ConnectionState) {
	resumed := 0
	if state.DidResume {
		resumed = 1
	}
	t.handshakes[c][(state.Version-tls.VersionTLS10)%versions][resumed].Add(1)
}

// noHandshake counts one that failed.
func (t *Tally) noHandshake(c channel, unresumed bool) {
	if unresumed {
		t.unshaken[c][0].Add(1)
		return
	}
	t.unshaken[c][1].Add(1)
}

// Commands calls fn for each verb and first digit of a reply.
func (t *Tally) Commands(fn func(verb, code string, n int64)) {
	names := append([]string{"unknown"}, slices.Sorted(maps.Keys(verbs()))...)
	for row, name := range names {
		for digit := 2; digit <= 5; digit++ {
			fn(name, string('0'+rune(digit))+"xx", t.commands[row][digit].Load())
		}
	}
}

// Transfers calls fn for each direction and outcome.
func (t *Tally) Transfers(fn func(d Direction, o Outcome, n int64)) {
	for d := range directions {
		for o := range outcomes {
			fn(d, o, t.transfers[d][o].Load())
		}
	}
}

// TransferTimes are how long transfers took that have ended.
func (t *Tally) TransferTimes(d Direction) *metrics.Histogram { return t.moving[d] }

// Directions are all of them.
func Directions() []Direction { return []Direction{Download, Upload, Listing} }

// Limits calls fn for each limit.
func (t *Tally) Limits(fn func(l Limit, n int64)) {
	for l := range limits {
		fn(l, t.limits[l].Load())
	}
}

// Logins calls fn for each source and outcome.
func (t *Tally) Logins(fn func(source, outcome string, n int64)) {
	for i, source := range t.sources {
		fn(source, LoggedIn, t.logins[i][0].Load())
		for k, cause := range auth.Causes() {
			fn(source, string(cause), t.logins[i][k+1].Load())
		}
	}
}

// LoginTimes are how long authentication took, hashing and the wait for it included: of logins that were let in and of those that were not.
func (t *Tally) LoginTimes() (let, refused *metrics.Histogram) { return t.asking[0], t.asking[1] }

// SessionTimes are how long sessions lasted that have ended.
func (t *Tally) SessionTimes() *metrics.Histogram { return t.staying }

// Unopened are the data connections that did not come about.
func (t *Tally) Unopened() (active, passive int64) { return t.unopened[0].Load(), t.unopened[1].Load() }

// Handshakes calls fn for those of TLS that succeeded.
func (t *Tally) Handshakes(fn func(connection, version string, resumed bool, n int64)) {
	for c := range channel(len(t.handshakes)) {
		for v := range uint16(versions) {
			name := strings.TrimPrefix(tls.VersionName(tls.VersionTLS10+v), "TLS ")
			for r, resumed := range []bool{false, true} {
				fn(c.String(), name, resumed, t.handshakes[c][v][r].Load())
			}
		}
	}
}

// FailedHandshakes calls fn for those that failed: because the client did not resume the session of the control connection, and all others.
func (t *Tally) FailedHandshakes(fn func(connection string, unresumed bool, n int64)) {
	for c := range channel(len(t.unshaken)) {
		for i, unresumed := range []bool{true, false} {
			fn(c.String(), unresumed, t.unshaken[c][i].Load())
		}
	}
}
