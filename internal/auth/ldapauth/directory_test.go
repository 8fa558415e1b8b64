package ldapauth

import (
	"net"
	"strings"
	"sync"
	"testing"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"
)

// The operations of LDAP that a directory understands.
const (
	bindRequest   = 0
	bindResponse  = 1
	searchRequest = 3
	searchEntry   = 4
	searchDone    = 5
)

const base = "dc=example,dc=org"

// A directory is a small one in memory, on a socket of its own. Names are the same in no other spelling, and userPassword is
// what its owner binds with.
type directory struct {
	listener net.Listener
	group    sync.WaitGroup

	mu       sync.Mutex
	entries  map[string]map[string]string // by uid
	filters  []string                     // of all searches
	conns    map[net.Conn]bool
	accepted int
	result   int64                                // of searches, instead of success
	answer   func(c net.Conn, p *ber.Packet) bool // true if it has taken the request over
}

func newDirectory(t *testing.T) *directory {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d := &directory{listener: l, entries: map[string]map[string]string{}, conns: map[net.Conn]bool{}}
	d.group.Go(d.serve)
	t.Cleanup(func() {
		l.Close()
		d.cut()
		d.group.Wait()
	})
	return d
}

// config is that of a server that asks this directory.
func (d *directory) config(m Method) Config {
	f, err := ParseFilter(defaultFilter)
	if err != nil {
		panic(err)
	}
	return Config{
		Network: "tcp", Address: d.listener.Addr().String(), BaseDN: base, Filter: f, Method: m, HomeAttribute: defaultHome,
	}
}

func (d *directory) serve() {
	for {
		c, err := d.listener.Accept()
		if err != nil {
			return
		}
		d.mu.Lock()
		d.conns[c] = true
		d.accepted++
		d.mu.Unlock()
		d.group.Go(func() { d.converse(c) })
	}
}

// cut ends all connections.
func (d *directory) cut() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for c := range d.conns {
		c.Close()
	}
}

func (d *directory) converse(c net.Conn) {
	defer c.Close()
	for {
		p, err := ber.ReadPacket(c)
		if err != nil || len(p.Children) < 2 {
			return
		}
		d.mu.Lock()
		answer := d.answer
		d.mu.Unlock()
		if answer != nil && answer(c, p) {
			continue
		}
		d.reply(c, p)
	}
}

func (d *directory) reply(c net.Conn, p *ber.Packet) {
	d.mu.Lock()
	defer d.mu.Unlock()
	id, op := p.Children[0].Value.(int64), p.Children[1]
	switch op.Tag {
	case bindRequest:
		dn, password := op.Children[1].Value.(string), op.Children[2].Data.String()
		send(c, id, bindResponse, d.bind(dn, password))
	case searchRequest:
		filter, err := ldap.DecompileFilter(op.Children[6])
		if err != nil {
			send(c, id, searchDone, ldap.LDAPResultProtocolError)
			return
		}
		d.filters = append(d.filters, filter)
		for uid, attributes := range d.entries {
			if filter == "(&(objectClass=posixAccount)(uid="+ldap.EscapeFilter(uid)+"))" {
				sendEntry(c, id, "uid="+uid+","+base, attributes)
			}
		}
		send(c, id, searchDone, d.result)
	}
}

// bind is the result of a bind: success for nobody, and for who knows the password.
func (d *directory) bind(dn, password string) int64 {
	uid, _, _ := strings.Cut(strings.TrimPrefix(dn, "uid="), ",")
	if dn == "" || password == "" || d.entries[uid] != nil && d.entries[uid]["userPassword"] == password {
		return ldap.LDAPResultSuccess
	}
	return ldap.LDAPResultInvalidCredentials
}

// envelope is a message with one operation.
func envelope(id int64, op ber.Tag) (message, content *ber.Packet) {
	message = ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSequence, nil, "")
	message.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagInteger, id, ""))
	content = ber.Encode(ber.ClassApplication, ber.TypeConstructed, op, nil, "")
	return message, content
}

func text(s string) *ber.Packet {
	return ber.NewString(ber.ClassUniversal, ber.TypePrimitive, ber.TagOctetString, s, "")
}

func send(c net.Conn, id int64, op ber.Tag, result int64) {
	message, content := envelope(id, op)
	content.AppendChild(ber.NewInteger(ber.ClassUniversal, ber.TypePrimitive, ber.TagEnumerated, result, ""))
	content.AppendChild(text(""))
	content.AppendChild(text("in the directory's words"))
	message.AppendChild(content)
	_, _ = c.Write(message.Bytes()) // the client may be gone
}

func sendEntry(c net.Conn, id int64, dn string, attributes map[string]string) {
	message, content := envelope(id, searchEntry)
	content.AppendChild(text(dn))
	list := ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSequence, nil, "")
	for name, value := range attributes {
		attribute := ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSequence, nil, "")
		values := ber.Encode(ber.ClassUniversal, ber.TypeConstructed, ber.TagSet, nil, "")
		values.AppendChild(text(value))
		attribute.AppendChild(text(name))
		attribute.AppendChild(values)
		list.AppendChild(attribute)
	}
	content.AppendChild(list)
	message.AppendChild(content)
	_, _ = c.Write(message.Bytes())
}
