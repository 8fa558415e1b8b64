package main

import (
	"fmt"
	"time"

	"pureftpd/internal/passhash"
)

const (
	usualLogins = 8  // -C: logins at once
	usualMemory = 64 // -M: MiB that their hashing may take together
	leastMemory = 8  // KiB for one

	// What one verification takes. More logins at once than usual leave less for each.
	usualTime = 100 * time.Millisecond
	leastTime = 25 * time.Millisecond

	mostMemory = passhash.DefaultMemory >> 10 // KiB; a server with the usual settings verifies no more
)

// cost returns what a hash may cost, as -C and -M have it. The memory is that of all logins at once, divided
// by their number.
func (o *options) cost() (passhash.Cost, error) {
	logins, memory := o.logins, o.memory
	if logins == 0 {
		logins = usualLogins
	}
	if memory == 0 {
		memory = usualMemory
	}
	each := memory * 1024 / logins // no overflow: both have 32 bits
	if each < leastMemory && o.memory != 0 {
		return passhash.Cost{}, fmt.Errorf("-M %d: too little for %d logins at once, each needs %d KB",
			memory, logins, leastMemory)
	}
	return passhash.Cost{
		Memory: uint32(min(max(each, leastMemory), mostMemory)),
		Time:   max(usualTime/time.Duration(max(logins/usualLogins, 1)), leastTime),
	}, nil
}

// makeHash returns a new hash of the password.
func (o *options) makeHash(password string) (string, error) {
	c, err := o.cost()
	if err != nil {
		return "", err
	}
	return passhash.Make(password, c)
}
