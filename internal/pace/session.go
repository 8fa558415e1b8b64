package pace

import "slices"

// maxIdle bounds the users without a session whose rates SetUser has set: some 300 bytes each.
const maxIdle = 4096

// A user is all sessions of one name.
type user struct {
	node
	name     string
	sessions int
	fixed    bool // the rate was set by SetUser
}

// A session is one direction of a Member.
type session struct {
	node
	user       *user
	background bool
	left       bool
}

// join adds a session.
func (t *tree) join(j Join, userRate, own uint64) *session {
	t.mu.Lock()
	defer t.mu.Unlock()
	u := t.userLocked(j.User)
	if u.sessions++; u.sessions == 1 && u.fixed {
		if i := slices.Index(t.idle, u); i >= 0 {
			t.idle = slices.Delete(t.idle, i, i+1)
		}
	}
	if !u.fixed {
		t.setRateLocked(&u.node, userRate)
	}
	s := &session{user: u, background: j.Background}
	s.parent, s.tag = &u.node, u.clock
	t.setRateLocked(&s.node, own)
	return s
}

// userLocked returns the user of a name, new or known.
func (t *tree) userLocked(name string) *user {
	u := t.users[name]
	if u == nil {
		u = &user{name: name}
		u.parent, u.tag = &t.root, t.root.clock
		t.users[name] = u
	}
	return u
}

// leave says that a session begins no more transfers.
func (t *tree) leave(s *session) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !s.left {
		s.left = true
		t.forgetLocked(s)
	}
}

// forgetLocked drops a session that has left and whose transfers are done, and its user with the last of them.
func (t *tree) forgetLocked(s *session) {
	if !s.left || s.open > 0 {
		return
	}
	u := s.user
	if u.sessions--; u.sessions > 0 {
		return
	}
	if u.fixed {
		t.retireLocked(u)
		return
	}
	delete(t.users, u.name)
}

// retireLocked keeps a user without sessions, at the expense of the one that has been so for longest.
func (t *tree) retireLocked(u *user) {
	if len(t.idle) == maxIdle {
		delete(t.users, t.idle[0].name)
		t.idle = slices.Delete(t.idle, 0, 1)
	}
	t.idle = append(t.idle, u)
}

// begin starts a transfer of a session.
func (t *tree) begin(s *session) *Flow {
	f := &Flow{tree: t, session: s}
	t.mu.Lock()
	defer t.mu.Unlock()
	f.parent, f.flow, f.tag = &s.node, f, s.clock
	if s.left {
		f.cause, f.done = ErrLeft, true
		f.stopped.Store(true)
		return f
	}
	for n := f.parent; n != nil; n = n.parent {
		if n.open++; n.open > 1 {
			break
		}
	}
	return f
}

// setRate changes the rate of a session or of the server.
func (t *tree) setRate(n *node, rate uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.setRateLocked(n, rate)
}

// setUser sets the rate of a user for good.
func (t *tree) setUser(name string, rate uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	known := t.users[name] != nil
	u := t.userLocked(name)
	u.fixed = true
	if !known {
		t.retireLocked(u)
	}
	t.setRateLocked(&u.node, rate)
}
