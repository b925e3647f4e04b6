package duo

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

var (
	integrationKey = regexp.MustCompile(`^DI[A-Z0-9]{18}$`)
	secretKey      = regexp.MustCompile(`^[A-Za-z0-9]{40}$`)
)

// CheckIntegrationKey tells whether s has the shape of an integration key: DI and 18 capital
// letters and digits. The error is a phrase to show beside the field; it does not repeat s.
func CheckIntegrationKey(s string) error {
	switch {
	case integrationKey.MatchString(s):
		return nil
	case s == "":
		return errors.New("no integration key was entered; it starts with DI")
	case secretKey.MatchString(s):
		return errors.New("this has the length of a secret key, not of an integration key (DI…)")
	case looksLikeHost(s):
		return errors.New("this is a host name, not an integration key (DI…)")
	case integrationKey.MatchString(strings.ToUpper(s)):
		return errors.New("integration keys are in capital letters")
	case strings.TrimSpace(s) != s:
		return errors.New("there are blanks around the key; take them off")
	case !strings.HasPrefix(s, "DI"):
		return errors.New("this does not start with DI, as integration keys do")
	case utf8.RuneCountInString(s) != 20:
		return fmt.Errorf("this has %s, Duo's integration keys have 20", characters(s))
	}
	return errors.New("integration keys are made of capital letters and digits only")
}

// CheckSecretKey tells whether s has the shape of a secret key: 40 letters and digits. The error
// is a phrase to show beside the field; it does not repeat s.
func CheckSecretKey(s string) error {
	switch {
	case secretKey.MatchString(s):
		return nil
	case s == "":
		return errors.New("no secret key was entered")
	case integrationKey.MatchString(strings.ToUpper(strings.TrimSpace(s))):
		return errors.New("this is an integration key (DI…), not a secret key")
	case looksLikeHost(s):
		return errors.New("this is a host name, not a secret key")
	case strings.TrimSpace(s) != s:
		return errors.New("there are blanks around the key; take them off")
	case strings.Trim(s, "*•●") == "":
		return errors.New("these are the dots that hide the key; copy the key itself")
	case utf8.RuneCountInString(s) != 40:
		return fmt.Errorf("this has %s, Duo's secret keys have 40", characters(s))
	}
	return errors.New("secret keys are made of letters and digits only")
}

func looksLikeHost(s string) bool {
	s = strings.ToLower(s)
	return strings.Contains(s, "://") || strings.HasPrefix(s, "api-") || strings.HasSuffix(s, ".com")
}

func characters(s string) string {
	if n := utf8.RuneCountInString(s); n != 1 {
		return fmt.Sprintf("%d characters", n)
	}
	return "1 character"
}
