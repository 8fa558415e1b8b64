package authd

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"pureftpd/internal/account"
	"pureftpd/internal/linemsg"
)

// A Verdict is what an answer says of the login.
type Verdict uint8

// The verdicts. An Answer that was not filled in refuses.
const (
	Refused Verdict = iota
	Unknown         // the next source of accounts is to be asked
	Accepted
)

// An Answer is what a daemon or a service says. Without Accepted it holds no account.
type Answer struct {
	Verdict Verdict
	Reason  string // why not Accepted; it quotes the answer, but never the question
	Denied  bool   // the daemon has said no, and nothing is wrong with the answer

	UID, GID   uint32 // never 0
	Home       string // an absolute pathname
	TildeUsers bool   // "~user" leads to the homes of the system's users
	Limits     account.Limits
}

// The keys of an answer.
const (
	authKey          = "auth_ok"
	uidKey           = "uid"
	gidKey           = "gid"
	homeKey          = "dir"
	tildeKey         = "slow_tilde_expansion"
	uploadRateKey    = "throttling_bandwidth_ul"
	downloadRateKey  = "throttling_bandwidth_dl"
	quotaBytesKey    = "user_quota_size"
	quotaFilesKey    = "user_quota_files"
	uploadRatioKey   = "ratio_upload"
	downloadRatioKey = "ratio_download"
	sessionsKey      = "per_user_max"
)

// No is an answer that refuses, in lines.
const No = authKey + ":-1\nend\n"

// ParseLines reads the answer of a daemon. A line may end in CR LF.
func ParseLines(m linemsg.Message) Answer {
	value := func(key string) (string, bool) {
		text, ok := m.Value(key)
		return strings.TrimSuffix(text, "\r"), ok
	}
	text, ok := value(authKey)
	if !ok {
		return Answer{Verdict: Unknown, Reason: "the answer has no line auth_ok"}
	}
	switch n, err := strconv.Atoi(strings.TrimLeft(text, blanks)); {
	case err != nil:
		return Answer{Reason: fmt.Sprintf("auth_ok: %.100q is none of -1, 0 and 1", text)}
	case n < 0:
		return Answer{Reason: "the daemon says no", Denied: true}
	case n == 0:
		return Answer{Verdict: Unknown, Reason: "the daemon does not know the user"}
	case n > 1:
		return Answer{Reason: fmt.Sprintf("auth_ok: %d is none of -1, 0 and 1", n)}
	}
	return accept(value)
}

// blanks may stand before a number.
const blanks = " \t"

// accept makes an answer of the values of one that says yes.
func accept(value func(key string) (string, bool)) Answer {
	v := values{value: value}
	home, _ := value(homeKey)
	a := Answer{
		Verdict: Accepted,
		UID:     v.id(uidKey),
		GID:     v.id(gidKey),
		Home:    home,
		Limits: account.Limits{
			MaxSessions:  v.limit(sessionsKey),
			MaxFiles:     v.limit(quotaFilesKey),
			MaxBytes:     v.limit(quotaBytesKey),
			UploadRate:   v.limit(uploadRateKey).N,
			DownloadRate: v.limit(downloadRateKey).N,
		},
	}
	if tilde := v.limit(tildeKey); tilde.Set {
		a.TildeUsers = tilde.N == 0
	}
	if up, down := v.limit(uploadRatioKey), v.limit(downloadRatioKey); up.N > 0 && down.N > 0 {
		a.Limits.UploadRatio, a.Limits.DownloadRatio = up.N, down.N
	}
	if !strings.HasPrefix(home, "/") {
		v.wrong = append(v.wrong, fmt.Errorf("%s: %.100q is no absolute pathname", homeKey, home))
	}
	if len(v.wrong) > 0 {
		reasons := make([]string, len(v.wrong))
		for i, err := range v.wrong {
			reasons[i] = err.Error()
		}
		return Answer{Reason: "the answer says yes, but " + strings.Join(reasons, "; ")}
	}
	return a
}

// values reads numbers and collects what is wrong with them.
type values struct {
	value func(key string) (string, bool)
	wrong []error
}

var errNumber = errors.New("is not a number that makes sense here")

// limit reads a number that may be absent.
func (v *values) limit(key string) account.Limit {
	text, ok := v.value(key)
	if !ok {
		return account.Limit{}
	}
	n, err := strconv.ParseUint(strings.TrimLeft(text, blanks), 10, 63)
	if err != nil {
		v.wrong = append(v.wrong, fmt.Errorf("%s: %.100q %w", key, text, errNumber))
		return account.Limit{}
	}
	return account.Limit{Set: true, N: n}
}

// id reads the number of a user or group who is not root. The largest one means "no change" to the system calls.
func (v *values) id(key string) uint32 {
	before := len(v.wrong)
	n := v.limit(key)
	switch {
	case len(v.wrong) > before:
	case !n.Set:
		v.wrong = append(v.wrong, fmt.Errorf("it has no %s", key))
	case n.N == 0:
		v.wrong = append(v.wrong, fmt.Errorf("%s 0 is root's", key))
	case n.N >= math.MaxUint32:
		v.wrong = append(v.wrong, fmt.Errorf("%s: %d %w", key, n.N, errNumber))
	default:
		return uint32(n.N)
	}
	return 0
}
