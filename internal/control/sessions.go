package control

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"time"
)

// list tells sessions: all, unless the request chooses. In the order in which they come they are written as they come: ten thousand
// are megabytes.
func (s *Server) list(w http.ResponseWriter, req *http.Request) error {
	query, err := url.ParseQuery(req.URL.RawQuery)
	if err != nil {
		return refuse(http.StatusBadRequest, "the request cannot be read: %v", err)
	}
	now := time.Now()
	c, err := chosen(query, now)
	if err != nil {
		return err
	}
	role := s.caller(req).Role
	w.Header().Set("Content-Type", "application/json")
	out := newListWriter(w)
	var list []Session
	matching := 0
	for live := range s.config.Sessions.All() {
		session := seenBy(role, live.Snapshot())
		if !c.fits(session) {
			continue
		}
		matching++
		switch {
		case !c.plain:
			list = c.add(list, session)
		case c.limit == 0 || matching <= c.limit:
			out.add(session)
		}
	}
	if !c.plain && c.limit == 0 {
		slices.SortFunc(list, c.order)
	}
	for _, session := range list {
		out.add(session)
	}
	out.end(matching, now)
	return nil
}

// A listWriter writes a sessionList piece by piece. That the client has gone is no concern of ours.
type listWriter struct {
	out       *bufio.Writer
	encoder   *json.Encoder
	separator string
}

func newListWriter(w io.Writer) *listWriter {
	out := bufio.NewWriterSize(w, 64<<10)
	_, _ = out.WriteString(`{"sessions":[`)
	return &listWriter{out: out, encoder: json.NewEncoder(out)}
}

func (l *listWriter) add(s Session) {
	_, _ = l.out.WriteString(l.separator)
	_ = l.encoder.Encode(s)
	l.separator = ","
}

func (l *listWriter) end(matching int, now time.Time) {
	_, _ = fmt.Fprintf(l.out, "],\"matching\":%d,\"now\":%q}\n", matching, now.Format(time.RFC3339Nano))
	_ = l.out.Flush()
}

// seenBy leaves out what a role may not see: viewers see no directories.
func seenBy(role Role, session Session) Session {
	if t := session.Transfer; t != nil && role < Operator {
		redacted := *t
		redacted.File = path.Base(t.File)
		session.Transfer = &redacted
	}
	return session
}

// session is the one that a request names.
func (s *Server) session(req *http.Request) (Live, error) {
	id, err := strconv.ParseUint(req.PathValue("id"), 10, 64)
	if err != nil {
		return nil, refuse(http.StatusBadRequest, "the number of a session is decimal")
	}
	if live := s.config.Sessions.Find(id); live != nil {
		return live, nil
	}
	return nil, refuse(http.StatusNotFound, "there is no session %d", id)
}

func (s *Server) show(w http.ResponseWriter, req *http.Request) error {
	live, err := s.session(req)
	if err != nil {
		return err
	}
	answer(w, http.StatusOK, seenBy(s.caller(req).Role, live.Snapshot()))
	return nil
}

func (s *Server) kick(w http.ResponseWriter, req *http.Request) error {
	live, err := s.session(req)
	if err != nil {
		return err
	}
	live.Kick()
	s.did(req, "ended session %s", describe(live))
	answer(w, http.StatusOK, empty{})
	return nil
}

func (s *Server) message(w http.ResponseWriter, req *http.Request) error {
	live, err := s.session(req)
	if err != nil {
		return err
	}
	var m message
	if err := decode(req.Body, &m); err != nil {
		return err
	}
	if err := live.Message(m.Text); err != nil {
		return refuse(http.StatusUnprocessableEntity, "%v", err)
	}
	s.did(req, "sent a message to session %s", describe(live))
	answer(w, http.StatusOK, empty{})
	return nil
}

func (s *Server) limitSession(w http.ResponseWriter, req *http.Request) error {
	live, err := s.session(req)
	if err != nil {
		return err
	}
	rates, err := ratesIn(req)
	if err != nil {
		return err
	}
	if !live.SetRates(rates) {
		return refuse(http.StatusConflict, "nobody has logged in to this session yet")
	}
	s.did(req, "limited session %s to %s", describe(live), rates)
	answer(w, http.StatusOK, empty{})
	return nil
}

// ratesIn reads rates from a request.
func ratesIn(req *http.Request) (Rates, error) {
	var rates Rates
	if err := decode(req.Body, &rates); err != nil {
		return Rates{}, err
	}
	return rates, rates.check()
}

// trace sends the dialogue of a session, a JSON object a line, until one of both has gone.
func (s *Server) trace(w http.ResponseWriter, req *http.Request) error {
	live, err := s.session(req)
	if err != nil {
		return err
	}
	rc := http.NewResponseController(w)
	encoder := json.NewEncoder(w)
	begun := func() {
		s.did(req, "follows the dialogue of session %s", describe(live))
		w.Header().Set("Content-Type", "application/x-ndjson")
		_ = rc.SetReadDeadline(time.Time{}) // what is read from here on is only the end of the connection
		_ = rc.Flush()                      // a client that has gone is noticed soon
	}
	err = live.Trace(req.Context(), begun, func(line Line) error {
		if err := rc.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
			return err
		}
		if err := encoder.Encode(line); err != nil {
			return err
		}
		return rc.Flush()
	})
	if err != nil {
		return refuse(http.StatusConflict, "%v", err)
	}
	return nil
}

// describe names a session for the log.
func describe(live Live) string {
	snap := live.Snapshot()
	return strconv.FormatUint(snap.ID, 10) + " (" + strconv.Quote(snap.Account) + ", " + snap.Address + ")"
}
