package run

import "errors"

// KeysAtFault reports whether what failed may work with other keys: none are in use,
// or Duo refused them.
func KeysAtFault(err error) bool {
	return RefusesKeys(err) || errors.As(err, new(*NotConnected))
}
