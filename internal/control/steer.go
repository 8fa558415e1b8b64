package control

import (
	"errors"
	"fmt"
	"net/http"
	"time"
)

// did writes to the log who has changed what.
func (s *Server) did(req *http.Request, format string, args ...any) {
	s.config.Log(s.caller(req).Name + " " + fmt.Sprintf(format, args...))
}

func (s *Server) status(w http.ResponseWriter, _ *http.Request) error {
	answer(w, http.StatusOK, s.config.Hooks.Status())
	return nil
}

func (s *Server) limitServer(w http.ResponseWriter, req *http.Request) error {
	rates, err := ratesIn(req)
	if err != nil {
		return err
	}
	s.config.Hooks.SetServer(rates)
	s.did(req, "limited the server to %s", rates)
	answer(w, http.StatusOK, empty{})
	return nil
}

const maxName = 127 // bytes of a login that count

func (s *Server) limitUser(w http.ResponseWriter, req *http.Request) error {
	name := req.PathValue("name")
	if len(name) > maxName {
		return refuse(http.StatusBadRequest, "a login has at most %d bytes", maxName)
	}
	rates, err := ratesIn(req)
	if err != nil {
		return err
	}
	s.config.Hooks.SetUser(name, rates)
	s.did(req, "limited the user %q to %s", name, rates)
	answer(w, http.StatusOK, empty{})
	return nil
}

func (s *Server) drain(w http.ResponseWriter, req *http.Request) error {
	s.did(req, "drains the server")
	answer(w, http.StatusAccepted, empty{}) // first: the socket ends with the last session
	s.config.Hooks.Drain()
	return nil
}

func (s *Server) reload(w http.ResponseWriter, req *http.Request) error {
	if s.config.Hooks.Reload == nil {
		return refuse(http.StatusNotImplemented, "this server cannot read its configuration again: restart it")
	}
	s.did(req, "reloads the configuration")
	r, err := s.config.Hooks.Reload()
	if _, ok := errors.AsType[*Error](err); ok {
		return err
	}
	if err != nil {
		return refuse(http.StatusUnprocessableEntity, "%v", err)
	}
	r.Changed, r.Restart, r.Warnings = append([]Change{}, r.Changed...), append([]Change{}, r.Restart...), append([]string{}, r.Warnings...)
	answer(w, http.StatusOK, r) // empty lists are no null
	return nil
}

func (s *Server) settings(w http.ResponseWriter, _ *http.Request) error {
	answer(w, http.StatusOK, settingList{s.config.Hooks.Settings()})
	return nil
}

func (s *Server) logs(w http.ResponseWriter, _ *http.Request) error {
	answer(w, http.StatusOK, logList{append([]Log{}, s.config.Hooks.Logs()...)}) // an empty list is no null
	return nil
}

// longestBan is as good as for ever.
const longestBan = 10 * 365 * 24 * time.Hour

var errNoBans = refuse(http.StatusNotImplemented, "this server keeps no list of banned addresses")

func (s *Server) bans(w http.ResponseWriter, _ *http.Request) error {
	if s.config.Hooks.Bans == nil {
		return errNoBans
	}
	answer(w, http.StatusOK, banList{append([]Ban{}, s.config.Hooks.Bans.All()...)}) // an empty list is no null
	return nil
}

func (s *Server) ban(w http.ResponseWriter, req *http.Request) error {
	if s.config.Hooks.Bans == nil {
		return errNoBans
	}
	var b banRequest
	if err := decode(req.Body, &b); err != nil {
		return err
	}
	if b.Seconds < 1 || b.Seconds > int64(longestBan/time.Second) {
		return refuse(http.StatusBadRequest, "a ban is for 1 to %d seconds", int64(longestBan/time.Second))
	}
	address, err := s.config.Hooks.Bans.Add(BanOrder{b.Address, time.Duration(b.Seconds) * time.Second, b.Reason, b.Keep})
	if _, mine := errors.AsType[*Error](err); err != nil && !mine {
		return refuse(http.StatusUnprocessableEntity, "%v", err)
	}
	if err != nil {
		return err
	}
	reason := ""
	if b.Reason != "" {
		reason = fmt.Sprintf(": %q", b.Reason)
	}
	s.did(req, "banned %s for %d seconds%s", address, b.Seconds, reason)
	answer(w, http.StatusOK, empty{})
	return nil
}

func (s *Server) unban(w http.ResponseWriter, req *http.Request) error {
	if s.config.Hooks.Bans == nil {
		return errNoBans
	}
	address := req.PathValue("address")
	err := s.config.Hooks.Bans.Lift(address)
	switch {
	case errors.Is(err, ErrNotBanned):
		return refuse(http.StatusNotFound, "%s is not banned", address)
	case err != nil:
		return refuse(http.StatusConflict, "%v", err)
	}
	s.did(req, "lifted the ban of %s", address)
	answer(w, http.StatusOK, empty{})
	return nil
}
