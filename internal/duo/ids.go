package duo

import (
	"fmt"
	"regexp"
	"strings"
)

// Identifiers as Duo assigns them, opaque to the caller. They are 20 characters today, with a
// two-letter prefix that tells the kind; older accounts hold some without the prefix.
type (
	AccountID      string // a child account, DA…
	UserID         string // DU…
	PhoneID        string // DP…
	BypassCodeID   string // names a bypass code; it is not the code
	GroupID        string // DG…
	TokenID        string // a hardware token, DH…
	WebAuthnKey    string // a WebAuthn credential, WA…
	AdminID        string // an administrator, DE…
	IntegrationKey string // an application, DI…; the user name of its requests
	PolicyKey      string // PO…
	DirectoryKey   string // a directory that users come from, DS…; shown to people only, no call lists them
)

// Identifiers that travel as parameters, a UUID each.
type (
	TransactionID string // one authentication, see [Client.StartAuth]
	PushID        string // one verification push, see [Client.SendVerificationPush]
)

var (
	idGrammar          = regexp.MustCompile(`^[A-Za-z0-9]{1,64}$`)
	usualGrammar       = regexp.MustCompile(`^[A-Z0-9]{20}$`)
	wordGrammar        = regexp.MustCompile(`^[a-z]+$`)
	transactionGrammar = regexp.MustCompile(`^[A-Za-z0-9-]{1,64}$`)
)

type identifier interface {
	AccountID | UserID | PhoneID | BypassCodeID | GroupID | TokenID | WebAuthnKey | AdminID | IntegrationKey | PolicyKey | DirectoryKey
}

// CanBeID reports whether a text can be an identifier: 1 to 64 letters and digits, which leaves no
// character that would need percent-encoding in a path or that could climb out of its segment. A word
// in small letters is none of Duo's identifiers but part of its paths: users/enroll is another call
// than users/{user_id}.
func CanBeID(text string) bool { return idGrammar.MatchString(text) && !wordGrammar.MatchString(text) }

// LooksLikeID reports whether a text has the shape of the identifiers that Duo assigns today: 20
// capitals and digits. Names rarely have it.
func LooksLikeID(text string) bool { return usualGrammar.MatchString(text) }

// LooksLikeUserID reports whether a text has the shape of the identifiers of users.
func LooksLikeUserID(text string) bool { return LooksLikeID(text) && strings.HasPrefix(text, "DU") }

// segment returns id as one segment of a path.
func segment[ID identifier](id ID) (string, error) {
	if !CanBeID(string(id)) {
		_, kind, _ := strings.Cut(fmt.Sprintf("%T", id), ".")
		return "", invalid(fmt.Errorf("%s must be 1 to 64 letters and digits, and no word in small letters", kind))
	}
	return "/" + string(id), nil
}
