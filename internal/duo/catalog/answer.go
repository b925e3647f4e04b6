package catalog

// Answer is what came of asking a person.
type Answer string

// The answers.
const (
	Approved  Answer = "approved"   // or let in without being asked
	Denied    Answer = "denied"     // by the person, a policy or a wrong passcode
	Fraud     Answer = "fraud"      // denied, and reported: the person did not ask for it
	NoAnswer  Answer = "timeout"    // in time
	LockedOut Answer = "locked_out" // the user cannot log in at all
	SMSSent   Answer = "sent"       // passcodes were sent, and nobody has logged in
)

// Good reports whether what was asked for came about.
func (a Answer) Good() bool { return a == Approved || a == SMSSent }

// Progress is how far something has come that waits for a person.
type Progress struct {
	Text   string // where it stands or, with an Answer, how it ended: a sentence for the record
	Answer Answer // empty: not yet
	// Gone says that Duo does not know the question any more: the Answer is NoAnswer
	// only if the question was open until its time was over.
	Gone bool
}
