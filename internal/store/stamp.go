package store

import "slices"

// Trust is what a credential shows about itself before the database is asked.
type Trust int

// The kinds of Trust.
const (
	MadeUp   Trust = iota // this console did not give it out
	Unproved              // it has the form of those that were given out before stamps
	Proved                // this console gave it out; it may have ended since
)

// StampBytes is the length of a stamp.
const StampBytes = 37

// Stamp appends a keyed digest to the random bytes of a credential, so that one
// that a stranger made up is refused without the database. kind keeps credentials
// of one kind from being taken for another.
func (s *Store) Stamp(kind string, body []byte) ([]byte, error) {
	stamp, err := s.keys.Load().MAC("stamp of a credential", kind, string(body))
	return slices.Concat(body, stamp), err
}

// Judge reports what the bytes of a credential show. lengths are those of a body;
// bytes of such a length have no stamp.
func (s *Store) Judge(kind string, raw []byte, lengths ...int) Trust {
	body := len(raw) - StampBytes
	switch {
	case slices.Contains(lengths, len(raw)):
		return Unproved
	case slices.Contains(lengths, body) && s.keys.Load().SameMAC(raw[body:], "stamp of a credential", kind,
		string(raw[:body])):
		return Proved
	}
	return MadeUp
}
