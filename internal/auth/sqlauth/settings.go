package sqlauth

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"pureftpd/internal/auth/conffile"
)

const (
	presetTimeout     = 10 // seconds
	maxTimeout        = 300
	presetConnections = 16
	maxConnections    = 1000
)

// Keys are the keywords that all databases have, with the prefix of one.
func Keys(prefix string) []string {
	keys := []string{
		"Crypt", "GetPW", "GetUID", "GetGID", "GetDir", "DefaultUID", "DefaultGID", "ForceTildeExpansion",
		"GetQTAFS", "GetQTASZ", "GetRatioUL", "GetRatioDL", "GetBandwidthUL", "GetBandwidthDL",
		"GetMaxSessions", "SetPW", "Timeout", "Connections", // these are ours
	}
	for i := range keys {
		keys[i] = prefix + keys[i]
	}
	return keys
}

// A query is the value of one key: statements, or for a default the answer itself.
type query struct {
	key        string
	statements []Statement
	fixed      string
}

func (q *query) absent() bool { return q.statements == nil && q.fixed == "" }

// settings are what the common keys of a file say.
type settings struct {
	crypt       crypt
	password    query
	uid, gid    query
	home        query
	limits      []query // in the order of limitKeys
	store       query
	tilde       bool
	timeout     time.Duration
	connections int
}

// A reader collects the mistakes of a file.
type reader struct {
	file     *conffile.File
	prefix   string
	dialect  Dialect
	mistakes []error
}

// read understands the common keys, and reports all mistakes.
func read(file *conffile.File, prefix string, d Dialect) (settings, error) {
	r := &reader{file: file, prefix: prefix, dialect: d}
	s := settings{
		password:    r.query("GetPW", queryTokens),
		uid:         r.id("GetUID", "DefaultUID"),
		gid:         r.id("GetGID", "DefaultGID"),
		home:        r.query("GetDir", queryTokens),
		store:       r.query("SetPW", storeTokens),
		timeout:     time.Duration(r.number("Timeout", presetTimeout, maxTimeout)) * time.Second,
		connections: r.number("Connections", presetConnections, maxConnections),
		tilde:       r.tilde(),
	}
	for _, key := range limitKeys {
		s.limits = append(s.limits, r.query(key, queryTokens))
	}
	for _, key := range []string{"GetPW", "GetDir", "Crypt"} {
		if !file.Has(prefix + key) {
			r.mistake(key, "is missing")
		}
	}
	if word := file.Text(prefix + "Crypt"); word != "" {
		var err error
		if s.crypt, err = parseCrypt(word); err != nil {
			r.mistake("Crypt", "%v", err)
		}
	}
	return s, errors.Join(r.mistakes...)
}

func (r *reader) mistake(key, format string, args ...any) {
	r.mistakes = append(r.mistakes, r.file.Mistake(r.prefix+key, format, args...))
}

// query compiles the template of a key.
func (r *reader) query(key, tokens string) query {
	q := query{key: r.prefix + key}
	if !r.file.Has(q.key) {
		return q
	}
	var err error
	if q.statements, err = Compile(r.file.Text(q.key), tokens, r.dialect); err != nil {
		r.mistake(key, "%v", err)
	}
	return q
}

// id is the query of a uid or gid, or the number or name that is everybody's.
func (r *reader) id(key, preset string) query {
	q := r.query(key, queryTokens)
	text := r.file.Text(r.prefix + preset)
	if text == "" {
		if !r.file.Has(q.key) {
			r.mistake(key, "is missing, and so is %s%s", r.prefix, preset)
		}
		return q
	}
	if n, err := strconv.ParseUint(text, 10, 64); err == nil && !usableID(n) {
		r.mistake(preset, "%d is not a number that accounts may have", n)
	}
	return query{key: r.prefix + preset, fixed: text}
}

// number is a whole number from 1 to most.
func (r *reader) number(key string, preset, most int) int {
	text := r.file.Text(r.prefix + key)
	if text == "" {
		return preset
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > most {
		r.mistake(key, "not a whole number from 1 to %d", most)
		return preset
	}
	return n
}

// tilde is a number, of which all above zero mean yes.
func (r *reader) tilde() bool {
	const key = "ForceTildeExpansion"
	text := r.file.Text(r.prefix + key)
	if text == "" || strings.EqualFold(text, "no") || strings.EqualFold(text, "off") {
		return false
	}
	if strings.EqualFold(text, "yes") || strings.EqualFold(text, "on") {
		return true
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		r.mistake(key, "neither a number nor yes or no")
	}
	return n > 0
}
