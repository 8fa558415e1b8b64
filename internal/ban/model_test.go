package ban

import (
	"errors"
	"fmt"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"
)

// A model is the rules of a table written down again, with everything that ever happened and no bounds.
type model struct {
	config Config
	failed []event
	bans   map[netip.Prefix]time.Time
	orders map[netip.Prefix]time.Time
	made   map[netip.Prefix]int
	ended  map[netip.Prefix]time.Time
}

type event struct {
	key  netip.Prefix
	name string
	when time.Time
}

func (m *model) out(a netip.Addr, now time.Time) bool {
	if until, ok := m.bans[keyOf(a)]; ok && now.Before(until) {
		return true
	}
	for n, until := range m.orders {
		if n.Contains(a.Unmap()) && now.Before(until) {
			return true
		}
	}
	return false
}

func (m *model) recent(key netip.Prefix, d time.Duration, now time.Time) (n int) {
	for _, e := range m.failed {
		if e.key == key && now.Sub(e.when) < d {
			n++
		}
	}
	return n
}

func (m *model) drop(which func(event) bool) {
	var left []event
	for _, e := range m.failed {
		if !which(e) {
			left = append(left, e)
		}
	}
	m.failed = left
}

func (m *model) fail(a netip.Addr, name string, now time.Time) {
	key := keyOf(a)
	m.failed = append(m.failed, event{key, name, now})
	if m.config.exempt(key) || m.recent(key, m.config.Within, now) < m.config.Failures {
		return
	}
	if now.Sub(m.ended[key]) >= remembered {
		m.made[key] = 0
	}
	d := m.config.Time << m.made[key]
	m.made[key]++
	m.bans[key] = now.Add(min(d, LongestBan))
	m.ended[key] = m.bans[key]
	m.drop(func(e event) bool { return e.key == key })
}

// FuzzTable does what the bytes say with a table and with the model, one after the other, and compares who is out.
func FuzzTable(f *testing.F) {
	f.Add([]byte("\x00\x00\x00\x00\x00\x00"))
	f.Add([]byte("\x00\x08\x10\x18\x01\x09\x02\x0a\x12\x03\x0b\x04\x14\x05\x0d\x15\x06\x16\x07\x1f\x00\x00\x00\x00\x05\x00\x00\x00"))
	f.Add([]byte("\x03\x00\x08\x00\x08\x04\x00\x05\x0b\x13\x1b\x03\x00\x06\x26\x46\x00\x10\x00\x00\x00\x07\x07\x07\x00\x00"))
	addrs := []netip.Addr{
		addr("192.0.2.1"), addr("::ffff:192.0.2.1"), addr("192.0.2.2"), addr("127.0.0.1"), addr("2001:db8::1"), addr("2001:db8::2"),
		addr("2001:db8:0:1::1"), addr("198.51.100.1"),
	}
	networks := []netip.Prefix{
		network("192.0.2.1/32"), network("192.0.2.0/24"), network("2001:db8::/64"), network("2001:db8::/32"), network("127.0.0.1/32"),
	}
	f.Fuzz(func(t *testing.T, deeds []byte) {
		if len(deeds) > 300 {
			deeds = deeds[:300]
		}
		synctest.Test(t, func(t *testing.T) {
			c := Config{Failures: 3, Within: 2 * time.Minute, Time: time.Minute, Exempt: []netip.Prefix{network("127.0.0.0/8")}, PerMinute: 8}
			l := newLab(t, c)
			m := &model{
				config: c, bans: map[netip.Prefix]time.Time{}, orders: map[netip.Prefix]time.Time{},
				made: map[netip.Prefix]int{}, ended: map[netip.Prefix]time.Time{},
			}
			for i, deed := range deeds {
				a, n := addrs[deed>>3&7], networks[int(deed>>3)%len(networks)]
				name := fmt.Sprint(deed >> 6)
				what := fmt.Sprintf("deed %d, %d of %v", i, deed&7, a)
				switch deed & 7 {
				case 0, 1, 2:
					attempt, err := l.Begin(t.Context(), a, name)
					now := time.Now()
					_, kept := errors.AsType[*Kept](err)
					tooMany := m.recent(keyOf(a), time.Minute, now) >= c.PerMinute
					if kept != m.out(a, now) || !kept && errors.Is(err, ErrTooMany) != tooMany || err != nil && !kept && !tooMany {
						t.Fatalf("%s: Begin: %v; want kept out %v, too many %v", what, err, m.out(a, now), tooMany)
					}
					if err != nil {
						break
					}
					if deed&7 == 2 {
						attempt.Succeed()
						m.drop(func(e event) bool { return e.key == keyOf(a) && e.name == name })
						break
					}
					attempt.Fail()
					m.fail(a, name, now)
				case 3:
					time.Sleep(time.Duration(deed>>3) * 10 * time.Second)
				case 4:
					until := time.Now().Add(time.Duration(deed>>3+1) * time.Minute)
					if err := l.Order(n, until, ""); err != nil {
						t.Fatal(err)
					}
					delete(m.bans, n)
					m.orders[n] = until
				case 5:
					now := time.Now()
					lifted, _ := l.Lift(n)
					if want := now.Before(m.bans[n]) || now.Before(m.orders[n]); lifted != want {
						t.Fatalf("%s: lifted %v; want %v", what, lifted, want)
					}
					delete(m.bans, n)
					delete(m.orders, n)
					m.made[n] = 0
					m.drop(func(e event) bool { return e.key == n })
				case 6:
					two := newLab(t, c) // a hand-over takes the bans, and no failures
					two.Restore(l.All())
					l = two
					m.failed = nil
					for key, until := range m.bans {
						if !time.Now().Before(until) {
							m.made[key] = 0
						}
					}
					for key := range m.made {
						if _, banned := m.bans[key]; !banned {
							m.made[key] = 0
						}
					}
				case 7:
					time.Sleep(time.Hour * time.Duration(deed>>3))
				}
				now := time.Now()
				for _, a := range addrs {
					if _, out := l.Banned(a); out != m.out(a, now) {
						t.Fatalf("%s: %v is out: %v; want %v", what, a, out, m.out(a, now))
					}
				}
				if s := l.Stats(); s.Watched > len(addrs) || s.Banned > len(addrs)+len(networks) {
					t.Fatalf("%s: %+v", what, s)
				}
			}
		})
	})
}
