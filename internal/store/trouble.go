package store

import (
	"context"
	"errors"
	"io"

	"github.com/jackc/pgx/v5/pgconn"
)

// Trouble is what keeps the database from serving, in a word or two that say nothing
// of use to a stranger.
type Trouble string

const (
	DiskFull      Trouble = "disk full"
	NoConnections Trouble = "no connections"
	AllInUse      Trouble = "busy"
	NoMemory      Trouble = "out of memory"
	AtItsLimit    Trouble = "at its limit"
	Restarting    Trouble = "starting or stopping"
	ReadOnly      Trouble = "read-only"
	TooSlow       Trouble = "too slow"
	Contended     Trouble = "contended"
	Faulty        Trouble = "faulty"
	NoAnswer      Trouble = "no answer"
	Unreachable   Trouble = "unreachable"
	ShutOff       Trouble = "access denied"
	NotWriting    Trouble = "not writing"
)

var troubleTexts = map[Trouble]string{
	DiskFull:      "The database has no disk space left.",
	NoConnections: "The database accepts no more connections.",
	AllInUse:      "All connections to the database are in use.",
	NoMemory:      "The database is out of memory.",
	AtItsLimit:    "The database has reached one of its limits.",
	Restarting:    "The database is starting or stopping.",
	ReadOnly:      "The database is read-only.",
	TooSlow:       "The database took too long and stopped.",
	Contended:     "Another change to the same data was in the way.",
	Faulty:        "The database reports a fault in itself or on its disk.",
	NoAnswer:      "The database does not answer.",
	Unreachable:   "The connection to the database failed.",
	ShutOff:       "The database refuses to let the console in.",
	NotWriting:    "The console has not been able to write to its database.",
}

// Text is a sentence for a person.
func (t Trouble) Text() string { return troubleTexts[t] }

// Lasts reports whether the trouble usually takes a person to end it.
func (t Trouble) Lasts() bool {
	switch t {
	case DiskFull, NoMemory, AtItsLimit, ReadOnly, Faulty, ShutOff:
		return true
	}
	return false
}

// TroubleOf returns what keeps the database from serving, if that is what an error
// says, rather than that a statement was wrong.
func TroubleOf(err error) (t Trouble, is bool) {
	var answered *pgconn.PgError
	var connecting *pgconn.ConnectError
	var wire *wireError
	switch {
	case err == nil:
		return "", false
	case errors.Is(err, errRefused):
		return NoConnections, true
	case errors.Is(err, errAllInUse):
		return AllInUse, true
	case errors.As(err, &answered):
		t = troubleOfState(answered.Code)
		if t == "" && errors.As(err, &connecting) {
			t = ShutOff // no such role or database, a wrong password
		}
		return t, t != ""
	case errors.Is(err, errNoAnswer), errors.Is(err, errSilence),
		pgconn.Timeout(err) && !errors.Is(err, context.Canceled):
		return NoAnswer, true
	case errors.As(err, &connecting), errors.As(err, &wire), pgconn.SafeToRetry(err),
		errors.Is(err, pgconn.ErrConnClosed), errors.Is(err, io.ErrUnexpectedEOF):
		return Unreachable, true
	}
	return "", false
}

// troubleOfState reads an SQLSTATE; "" for a statement that was wrong.
func troubleOfState(code string) Trouble {
	switch code {
	case "53100":
		return DiskFull
	case "53200":
		return NoMemory
	case "53300", "08P01": // 08P01: from PgBouncer, to a client too many, or one that waited for a connection
		return NoConnections
	case "25006":
		return ReadOnly
	case "57014", "25P03", "25P04": // 25P03, 25P04: a transaction that was idle, or open, for too long
		return TooSlow
	case "55P03", "40001", "40P01":
		return Contended
	}
	switch code[:min(2, len(code))] {
	case "53":
		return AtItsLimit
	case "57":
		return Restarting
	case "58", "XX":
		return Faulty
	case "08":
		return Unreachable
	}
	return ""
}
