package tlsconf

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"time"
)

const (
	lookSpacing = time.Second    // between two looks at the files
	lookShare   = 100            // a look that takes long is not repeated before this many times as long
	dateSpacing = 24 * time.Hour // between two looks at the dates
)

// refresh looks whether the files have changed, unless somebody does or did so a moment ago.
func (s *Server) refresh() {
	st := s.store
	if !st.mu.TryLock() {
		return
	}
	defer st.mu.Unlock()
	begin := time.Now()
	if begin.Before(st.next) {
		return
	}
	if shot := st.look(s.current.Load()); shot != nil {
		s.publish(shot)
	}
	end := time.Now()
	st.next = end.Add(max(st.spacing, lookShare*end.Sub(begin)))
}

// look returns a new snapshot if the files give one that differs from old, else nil.
func (st *store) look(old *snapshot) *snapshot {
	st.found = map[string]string{}
	shot := *old
	if err := st.lookAtMain(&shot); err != nil {
		st.found["certificate"] = err.Error() + "; the old one stays in use"
	}
	if err := st.lookAtClientCAs(&shot); err != nil {
		st.found["client certificates"] = err.Error() + "; the old ones stay in use"
	}
	var err error
	if shot.dir, err = st.loadDirectory(old.dir); err != nil {
		st.found["directory"] = err.Error() + "; the old certificates stay in use"
	}
	st.settle()
	st.lookAtDates(&shot)
	if shot.main == old.main && shot.clientCAs == old.clientCAs && maps.Equal(shot.dir, old.dir) {
		return nil
	}
	shot.index = makeIndex(&shot)
	return &shot
}

// settle reports the faults that were there at the last look already and have not been said.
func (st *store) settle() {
	faults := map[string]fault{}
	for _, key := range slices.Sorted(maps.Keys(st.found)) {
		f, message := st.faults[key], st.found[key]
		if f.message == message && !f.said {
			f.said = true
			st.config.Report(message)
		} else if f.message != message {
			f = fault{message: message}
		}
		faults[key] = f
	}
	st.faults = faults
}

// lookAtMain reads the main certificate again if it has changed. One that was made in memory gives way to a file.
func (st *store) lookAtMain(shot *snapshot) error {
	if st.config.SelfSigned == SelfSignedAlways {
		return nil
	}
	u, err := st.renew(shot.main, st.config.Certificate, st.config.Key)
	if err != nil && shot.main.certInfo == nil && errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		shot.main = u
	}
	return err
}

// renew returns old if its files are unchanged, and else what they hold now, once it has been checked. old may be nil.
func (st *store) renew(old *unit, certPath, keyPath string) (*unit, error) {
	if old != nil && st.same(certPath, old.certInfo) && (keyPath == certPath || st.same(keyPath, old.keyInfo)) {
		return old, nil
	}
	u, err := st.loadUnit(certPath, keyPath)
	if err != nil {
		return nil, err
	}
	if old != nil && st.config.inDate(old.pair) && !st.config.inDate(u.pair) {
		return nil, fmt.Errorf("%s: %s", certPath, st.config.dates(u.pair))
	}
	st.remark(u, certPath, keyPath)
	if old != nil {
		st.config.Report(certPath + ": the new certificate is in use; " + identify(u.pair))
	}
	return u, nil
}

// lookAtClientCAs reads the authorities of client certificates again if their file has changed.
func (st *store) lookAtClientCAs(shot *snapshot) error {
	if shot.caInfo == nil || st.same(st.clientCAPath(), shot.caInfo) {
		return nil
	}
	pool, info, err := st.clientCAs()
	if err == nil {
		shot.clientCAs, shot.caInfo = pool, info
	}
	return err
}

// lookAtDates says once a day which certificates end soon.
func (st *store) lookAtDates(shot *snapshot) {
	now := st.config.Now()
	if now.Sub(st.dated) < dateSpacing {
		return
	}
	st.dated = now
	if message := st.config.dates(shot.main.pair); message != "" {
		st.config.Report(st.config.Certificate + ": " + message)
	}
	for _, path := range slices.Sorted(maps.Keys(shot.dir)) {
		if message := st.config.dates(shot.dir[path].pair); message != "" {
			st.config.Report(path + ": " + message)
		}
	}
}
