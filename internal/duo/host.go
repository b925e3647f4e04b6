package duo

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"duodesk/internal/text"
)

// SandboxSuffix ends the host names that a simulator serves in place of Duo.
const SandboxSuffix = ".duosim.localhost"

var (
	apiLabel    = regexp.MustCompile(`^api-[0-9a-f]{8}$`)
	apiSuffixes = []string{".duosecurity.com", ".duofederal.com"}
)

// ParseHost reads an API hostname as people paste it. It lower-cases it and takes off blanks,
// characters that nobody sees, https:// and a closing slash; cleaned tells whether more than letter case was changed.
// Hosts of the simulator are accepted only with sandbox. The error is a phrase to show beside the field; it
// does not repeat the input.
func ParseHost(s string, sandbox bool) (host string, cleaned bool, err error) {
	lower := strings.ToLower(s)
	host = text.Key(lower)
	if strings.HasPrefix(host, "http://") {
		return "", false,
			errors.New("this begins with http://, and Duo is reached over https only; enter the host name alone")
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "https://"), "/")
	cleaned = host != lower

	if err := hostProblem(host, sandbox); err != nil {
		return "", false, err
	}
	return host, cleaned, nil
}

func hostProblem(host string, sandbox bool) error {
	switch {
	case host == "":
		return errors.New("no host name was entered; it looks like api-1a2b3c4d.duosecurity.com")
	case strings.Contains(host, "://"):
		return errors.New("this is another kind of address; enter the host name alone")
	case strings.ContainsAny(host, "/?#\\"):
		return errors.New("this has a path; enter the host name alone, without what follows it")
	case strings.Contains(host, "@"):
		return errors.New("this has an @ in it; enter the host name alone")
	case strings.Contains(host, ":"):
		return errors.New("this has a port; enter the host name alone")
	case strings.HasSuffix(host, "."):
		return errors.New("this ends in a dot; leave it out")
	case strings.HasPrefix(host, "admin-"), strings.HasPrefix(host, "admin."):
		return errors.New(
			"this is the address of the admin panel; the API hostname starts with api- and is shown with the application's keys")
	case strings.HasPrefix(host, "m-"):
		return errors.New("this is the address of activation links; the API hostname starts with api-")
	case integrationKey.MatchString(strings.ToUpper(host)):
		return errors.New("this is an integration key (DI…), not a host name")
	}
	label, suffix, _ := strings.Cut(host, ".")
	suffix = "." + suffix
	switch {
	case suffix == SandboxSuffix && !sandbox:
		return errors.New("this is a host of the simulator, which is not allowed here")
	case suffix != SandboxSuffix && suffix != apiSuffixes[0] && suffix != apiSuffixes[1]:
		return errors.New("this is not one of Duo's domains; API hostnames end in .duosecurity.com or .duofederal.com")
	case !strings.HasPrefix(label, "api-"):
		return errors.New("this does not start with api-, as API hostnames do")
	case !apiLabel.MatchString(label):
		if n := len(label) - len("api-"); n != 8 {
			return fmt.Errorf("there are %d characters after api-, API hostnames have 8", n)
		}
		return errors.New("after api- come 8 characters of 0-9 and a-f")
	}
	return nil
}
