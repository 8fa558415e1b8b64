package control

import (
	"testing"
)

func TestRights(t *testing.T) {
	r := Rights{Owner: 500, Viewers: []uint32{10}, Operators: []uint32{20, 21}, Admins: []uint32{30}}
	for _, test := range []struct {
		uid, gid uint32
		groups   []uint32
		want     Role
	}{
		{0, 0, nil, Admin}, {500, 1, nil, Admin}, {501, 1, nil, Nobody}, {501, 10, nil, Viewer}, {501, 1, []uint32{5, 10}, Viewer},
		{501, 1, []uint32{10, 21}, Operator}, {501, 20, []uint32{10, 30}, Admin}, {65534, 65534, nil, Nobody}, {501, 0, nil, Nobody},
	} {
		if got := r.of(peer(test.uid, test.gid, test.groups)); got != test.want {
			t.Errorf("%v is %v; want %v", test, got, test.want)
		}
	}
	if got := (Rights{Owner: 0}).of(peer(65534, 65534, nil)); got != Nobody {
		t.Errorf("the user of a server at rest is %v; other programs run as nobody, too", got)
	}
}

func TestGateCountsViewers(t *testing.T) {
	g := &gate{rights: Rights{Owner: 500}, byUser: make(map[uint32]int)}
	for i := range maxConnsOfUser + 1 {
		if got := g.enter(1); got != (i < maxConnsOfUser) {
			t.Fatalf("connection %d of a user: %v", i+1, got)
		}
	}
	for uid := uint32(2); g.counted < maxConns; uid++ {
		for range maxConnsOfUser {
			g.enter(uid)
		}
	}
	if g.enter(99) || !g.enter(0) || !g.enter(500) {
		t.Error("want root and the owner let in when it is full, and nobody else")
	}
	g.leave(0)
	g.leave(1)
	if g.counted != maxConns-1 || !g.enter(1) {
		t.Errorf("%d are counted after one has left", g.counted)
	}
}
