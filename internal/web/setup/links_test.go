package setup

import "testing"

func TestShownAgain(t *testing.T) {
	t.Parallel()
	const key = "abcdefghij0123456789ABCDEFGHIJ0123456789"
	for _, typed := range []string{key, key[:39], key + "x", " " + key, key[:20] + " " + key[20:],
		key[:23] + "-" + key[23:], "skey: " + key[:24]} {
		if got := shownAgain(typed); got != "" {
			t.Errorf("%q is shown again", got)
		}
	}
	for _, typed := range []string{"", "DI0123456789ABCDEFGH", "api-0a1b2c3d.duosecurity.com",
		" https://API-0A1B2C3D.DUOSECURITY.COM/ ", "admin-0a1b2c3d.duosecurity.com", "nonsense"} {
		if got := shownAgain(typed); got != typed {
			t.Errorf("%q is lost", typed)
		}
	}
}
