package harness

import "time"

const (
	crowdLimit = 30 * time.Second
	crowdPause = 100 * time.Millisecond
)

// Crowd calls enter until the server lets a client in, for half a minute at most. The original takes half as many clients as it has
// passive ports, and on a busy machine it counts those who have gone for a while.
func Crowd(enter func() (let bool)) {
	for end := time.Now().Add(crowdLimit); !enter() && time.Now().Before(end); {
		time.Sleep(crowdPause)
	}
}
