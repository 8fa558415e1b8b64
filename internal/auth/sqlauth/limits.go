package sqlauth

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"pureftpd/internal/account"
	"pureftpd/internal/auth"
)

const (
	mega = 1 << 20 // bytes of a quota's unit
	kilo = 1 << 10 // bytes of a bandwidth's unit

	maxID = math.MaxUint32 - 1 // the last one means "no change" to the system calls
)

// limitKeys are the keys of limits, in the order in which the original asks for them.
var limitKeys = [...]string{
	"GetQTAFS", "GetQTASZ", "GetRatioUL", "GetRatioDL", "GetBandwidthUL", "GetBandwidthDL", "GetMaxSessions",
}

// askLimits asks what the user may use up. No answer, NULL and 0 are no limit; what is no number refuses the login.
func (b *Backend) askLimits(v *visit) (account.Limits, error) {
	var n [len(limitKeys)]uint64
	for i := range b.limits {
		q := &b.limits[i]
		if q.absent() {
			continue
		}
		text, err := v.ask(q)
		switch {
		case errors.Is(err, errNothing) || errors.Is(err, errEmpty):
			continue
		case errors.Is(err, errAnswer):
			return account.Limits{}, &auth.Refusal{Reason: fmt.Sprintf("%s: %v", q.key, err)}
		case err != nil:
			return account.Limits{}, err
		}
		unit := map[string]uint64{"GetQTASZ": mega, "GetBandwidthUL": kilo, "GetBandwidthDL": kilo}[limitKeys[i]]
		if n[i], err = parseLimit(text, max(unit, 1)); err != nil {
			return account.Limits{}, &auth.Refusal{Reason: fmt.Sprintf("%s: %v", q.key, err)}
		}
	}
	limit := func(n uint64) account.Limit { return account.Limit{Set: n > 0, N: n} }
	l := account.Limits{
		MaxFiles: limit(n[0]), MaxBytes: limit(n[1]),
		UploadRate: n[4], DownloadRate: n[5],
		MaxSessions: limit(n[6]),
	}
	if n[2] > 0 && n[3] > 0 {
		l.UploadRatio, l.DownloadRatio = n[2], n[3]
	}
	return l, nil
}

// parseLimit reads a whole number in a unit. Blanks around it, and a fraction of nothing, are those of a column's type.
func parseLimit(text string, unit uint64) (uint64, error) {
	digits := strings.Trim(text, " ")
	if whole, fraction, ok := strings.Cut(digits, "."); ok && fraction != "" && strings.Trim(fraction, "0") == "" {
		digits = whole
	}
	n, err := strconv.ParseUint(digits, 10, 64)
	if err != nil || n > math.MaxInt64/unit {
		return 0, fmt.Errorf("%.40q is not a number that a limit can be", text)
	}
	return n * unit, nil
}

// parseID reads a uid or gid: its number, or the name of the system's account or group.
func parseID(key, text string, byName func(string) (uint32, bool, error)) (uint32, error) {
	trimmed := strings.Trim(text, " ")
	n, err := strconv.ParseUint(trimmed, 10, 64)
	if err == nil {
		if !usableID(n) {
			cause := auth.BadRecord
			if n == 0 {
				cause = auth.RootID
			}
			return 0, &auth.Refusal{Cause: cause, Reason: fmt.Sprintf("%s: %d is not a number that accounts may have", key, n)}
		}
		return uint32(n), nil
	}
	id, ok, err := byName(trimmed)
	switch {
	case err != nil:
		return 0, fmt.Errorf("%w: %s: %w", auth.ErrDown, key, err)
	case !ok:
		return 0, &auth.Refusal{Reason: fmt.Sprintf("%s: %.40q is neither a number nor a name that the system knows", key, text)}
	case !usableID(uint64(id)):
		return 0, &auth.Refusal{Cause: auth.RootID, Reason: fmt.Sprintf("%s: %.40q is root's", key, text)}
	}
	return id, nil
}

// usableID tells whether an id is neither root's nor one that means no id.
func usableID(n uint64) bool { return n > 0 && n <= maxID }
