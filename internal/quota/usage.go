package quota

import (
	"math"

	"pureftpd/internal/account"
)

// Usage is what a user has stored.
type Usage struct {
	Files uint64 // files and directories
	Bytes uint64 // in files
}

// A Delta is a change of a Usage.
type Delta struct{ Files, Bytes int64 }

// Limits are the bounds of a Usage. One that is not set is none.
type Limits struct{ Files, Bytes account.Limit }

// allow reports whether the charge fits. A dimension that is not charged is not looked at: a user who is over one limit may
// still do what does not make it worse.
func (l Limits) allow(used Usage, charge Delta) bool {
	return fits(l.Files, used.Files, charge.Files) && fits(l.Bytes, used.Bytes, charge.Bytes)
}

func fits(limit account.Limit, used uint64, more int64) bool {
	return more <= 0 || !limit.Set || used <= limit.N && uint64(more) <= limit.N-used
}

// plus is the usage after a change. It neither falls below zero nor wraps: more than can be counted is the largest number.
func (u Usage) plus(d Delta) Usage { return Usage{moved(u.Files, d.Files), moved(u.Bytes, d.Bytes)} }

func moved(n uint64, by int64) uint64 {
	if by < 0 {
		down := -uint64(by) // right for the smallest by, too
		return n - min(n, down)
	}
	if up := n + uint64(by); up >= n {
		return up
	}
	return math.MaxUint64
}

// minus is the usage without another one, and never below zero.
func (u Usage) minus(v Usage) Usage {
	return Usage{u.Files - min(u.Files, v.Files), u.Bytes - min(u.Bytes, v.Bytes)}
}

// less is the change without a part of it.
func (d Delta) less(part Delta) Delta { return Delta{d.Files - part.Files, d.Bytes - part.Bytes} }

// adds reports whether the change makes more of anything.
func (d Delta) adds() bool { return d.Files > 0 || d.Bytes > 0 }

// rise is the part of the change that makes more.
func (d Delta) rise() Delta { return Delta{max(d.Files, 0), max(d.Bytes, 0)} }
