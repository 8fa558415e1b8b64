package transfer

import "errors"

// errUnasked is what a Room gets that neither stores nor refuses: silence would lose bytes.
var errUnasked = errors.New("neither stored nor refused")

// admit asks the Room whether n bytes may be stored, stores them by write if so, and returns how many were. What goes
// wrong with the file comes out as it is, what the Room says of its own as a RoomError.
func (s *receiver) admit(n int, write func() (int, error)) (stored int, err error) {
	var failed error
	asked := false
	err = s.job.Room.Store(n, func() (int, error) {
		asked = true
		stored, failed = write()
		return stored, failed
	})
	switch {
	case err == nil && !asked:
		err = errUnasked
	case err == nil:
		return stored, failed
	case failed != nil && errors.Is(err, failed):
		return stored, failed
	case failed != nil:
		err = errors.Join(err, failed)
	}
	return stored, &RoomError{err}
}
