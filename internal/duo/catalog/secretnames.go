package catalog

import (
	"regexp"
	"slices"
	"strings"
)

// secretNames are the members of Duo's answers that hold a secret, or a link that
// is as good as one, in the spelling of plainName.
var secretNames = []string{
	"secretkey", "clientsecret", "skey", "secret", "password", "aeskey", "privateid", "activationurl",
	"activationbarcode", "activationcode", "activationmsg", "enrollportalurl", "code", "codes", "bypasscodes",
	"link", "message", "confirmationcode", "verificationcode", "trusteddevicetoken", "passcode", "passcodes",
	"accesstoken", "refreshtoken", "idtoken", "privatekey", "apikey", "seed", "qrcode", "barcode",
}

// secretParts are in the names of members that hold secrets in versions of the
// API that are not known here. Only texts are masked for them: how long a
// password has to be is none.
var secretParts = []string{
	"secret", "password", "passphrase", "passcode", "skey", "privatekey", "apikey", "signingkey", "encryptionkey",
	"bypasscode", "activationcode", "activationurl", "activationlink", "activationbarcode", "enrollurl",
	"enrollportal", "enrollmenturl", "enrollmentcode", "enrollmentlink", "verificationcode", "recoverycode",
	"backupcode", "accesstoken", "refreshtoken", "sessiontoken", "devicetoken", "authtoken",
}

// harmlessEnds are the ends of names that say something about a secret, and are
// none.
var harmlessEnds = []string{"id", "ids", "count", "type", "status", "expiration", "expires", "created", "name"}

// secretLink finds links and codes that activate a phone or enroll a person.
var secretLink = regexp.MustCompile(
	`(?i)duo://|/activate/|/(iphone|android|win)/[a-z0-9]|/frame/qr\b|/portal\?|[?&](code|secret|token)=`)

func isSecretLink(text string) bool { return secretLink.MatchString(text) }

// plainName is a name in the one spelling that it is looked for in: secret_key,
// Secret-Key and secretKey are the same.
func plainName(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		}
		return -1
	}, name)
}

func isSecretName(name string) bool { return slices.Contains(secretNames, plainName(name)) }

// likeSecretName reports whether a name is like that of a secret.
func likeSecretName(name string) bool {
	name = plainName(name)
	return hasSecretPart(name) && !slices.ContainsFunc(harmlessEnds,
		func(end string) bool { return strings.HasSuffix(name, end) })
}

func hasSecretPart(name string) bool {
	return slices.ContainsFunc(secretParts, func(part string) bool { return strings.Contains(name, part) })
}
