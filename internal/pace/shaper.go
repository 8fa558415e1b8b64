package pace

import "time"

// Rates are limits in bytes per second; zero means no limit.
type Rates struct{ Upload, Download uint64 }

// A Shaper holds the transfers of one server. All its methods, and those of its members, may be called by any
// goroutine.
type Shaper struct{ up, down tree }

// NewShaper returns a Shaper for a server with these limits for all its transfers together.
func NewShaper(total Rates) *Shaper {
	s := new(Shaper)
	for _, t := range []*tree{&s.up, &s.down} {
		t.start, t.users = time.Now(), make(map[string]*user)
	}
	s.SetTotal(total)
	return s
}

// SetTotal changes the limits of the whole server.
func (s *Shaper) SetTotal(r Rates) {
	s.up.setRate(&s.up.root, r.Upload)
	s.down.setRate(&s.down.root, r.Download)
}

// SetUser changes the limits of all sessions of a user together, those that come later too, whatever their Join says;
// zero rates free the user. It is remembered for as long as the user has a session, and beyond that for the latest
// 4096 users.
func (s *Shaper) SetUser(name string, r Rates) {
	s.up.setUser(name, r.Upload)
	s.down.setUser(name, r.Download)
}

// A Join says what a session brings along.
type Join struct {
	User string
	// UserTotal is for all sessions of the user together. That of the latest session holds, unless SetUser has set another.
	UserTotal Rates
	Own       Rates // for the session
	// Background makes a byte of the session count for ten wherever it competes with others for a limit.
	Background bool
}

// Join adds a session. It has to Leave.
func (s *Shaper) Join(j Join) *Member {
	return &Member{
		shaper: s,
		up:     s.up.join(j, j.UserTotal.Upload, j.Own.Upload),
		down:   s.down.join(j, j.UserTotal.Download, j.Own.Download),
	}
}

// A Member is one session.
type Member struct {
	shaper   *Shaper
	up, down *session
}

// SetOwn changes the limits of the session.
func (m *Member) SetOwn(r Rates) {
	m.shaper.up.setRate(&m.up.node, r.Upload)
	m.shaper.down.setRate(&m.down.node, r.Download)
}

// Upload begins a transfer to the server. It has to be ended by Done.
func (m *Member) Upload() *Flow { return m.shaper.up.begin(m.up) }

// Download begins a transfer from the server. It has to be ended by Done.
func (m *Member) Download() *Flow { return m.shaper.down.begin(m.down) }

// Leave ends the session. Transfers that still run go on under their limits, and the session is forgotten with the
// last of them.
func (m *Member) Leave() {
	m.shaper.up.leave(m.up)
	m.shaper.down.leave(m.down)
}
