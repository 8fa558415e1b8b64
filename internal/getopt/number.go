package getopt

import (
	"fmt"
	"strconv"
)

// ID reads a value that is the number of a user or group. The largest one means "no change" to the system calls and is refused.
func ID(value string) (int, error) {
	n, err := strconv.ParseUint(value, 10, 32)
	if err != nil || n == 1<<32-1 {
		return 0, fmt.Errorf("%s is not a number of a user or group; id NAME tells it", Quote(value))
	}
	return int(n), nil
}

// Between reads a value that is a number within bounds.
func Between(value string, least, most int) (int, error) {
	n, err := strconv.Atoi(value)
	if err != nil || n < least || n > most {
		return 0, fmt.Errorf("%s is not a number from %d to %d", Quote(value), least, most)
	}
	return n, nil
}
