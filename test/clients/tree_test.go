//go:build clients

package clients

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// testTrees moves trees with each client in each of its ways.
func (l *lab) testTrees(t *testing.T) {
	for _, c := range table() {
		for _, ways := range [][]way{c.ways, c.tls} {
			for i, w := range ways {
				plants := map[string]plant{"few": plantFew}
				if i == 0 {
					plants = map[string]plant{"odd": plantOdd, "many": plantMany}
					if w.tls.on() && c.idles != "" {
						plants = map[string]plant{"odd": plantOdd, "few": plantFew}
					}
				}
				l.testTreesIn(t, c, w, plants)
			}
		}
	}
}

// testTreesIn moves trees with a client in one way.
func (l *lab) testTreesIn(t *testing.T, c client, w way, plants map[string]plant) {
	for _, what := range slices.Sorted(maps.Keys(plants)) {
		plant := plants[what]
		name := strings.Join([]string{c.name, w.String(), what}, "/")
		t.Run(name+"/pull", func(t *testing.T) { testPull(l.trip(t, w), c, plant) })
		if c.push != nil {
			t.Run(name+"/push", func(t *testing.T) { testPush(l.trip(t, w), c, plant) })
		}
	}
}

func testPull(tr *trip, c client, plant plant) {
	plant(tr.T, tr.there, names(c.cannotPull))
	tr.own(tr.T, tr.there)
	here := filepath.Join(tr.dir, "here")
	tr.goes(c.pull(tr, here, tr.remote))
	same(tr.T, here, tr.there)
	tr.quiet(tr.T)
}

func testPush(tr *trip, c client, plant plant) {
	here := filepath.Join(tr.dir, "here")
	mkdir(tr.T, here)
	plant(tr.T, here, names(c.cannotPush, notStored()))
	tr.goes(c.push(tr, here, tr.remote))
	same(tr.T, tr.there, here)
	tr.quiet(tr.T)
}

// goes checks that the client went the way it was to go.
func (tr *trip) goes(transcript string) {
	tr.Helper()
	if !strings.Contains(transcript, tr.way.verb) {
		tr.Errorf("the client did not send %s", tr.way.verb)
	}
}
