package site

import (
	"encoding/base64"
	"encoding/binary"
	"strings"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/store"
	"duodesk/internal/web/words"
	"duodesk/views"
)

// searchReach is how far back a search looks that names no day. Common words are
// looked for run by run; see store.RunFilter.
const searchReach = 366 * 24 * time.Hour

// DayLayout is a day as addresses, forms and file names have it.
const DayLayout = "2006-01-02"

// RunsAsked is a filter of runs as an address or a form says it, read.
type RunsAsked struct {
	Words views.RunsFilter
	Runs  store.RunFilter
	After *store.RunMark
	Note  string // what is left out unasked
}

// AskedRuns reads a filter. What makes no sense is refused rather than left out:
// a list that shows more than was asked for misleads an auditor.
func AskedRuns(value func(string) string, v Visitor, now time.Time) (RunsAsked, error) {
	f := views.RunsFilter{
		Query: Searched(value("q")), From: value("from"), To: value("to"), Operator: value("operator"),
		Organization: value("organization"), Action: value("action"), Outcome: value("outcome"), After: value("after"),
	}
	if v.Organization.ID != uuid.Nil {
		f.Organization = ""
	}
	a := RunsAsked{Words: f, Runs: store.RunFilter{Organization: f.Organization, Action: f.Action, State: f.Outcome, Search: f.Query}}
	var err error
	if f.Operator != "" {
		if a.Runs.Operator, err = uuid.Parse(f.Operator); err != nil {
			return a, BadRequest("operator is not the id of an operator, a UUID.")
		}
	}
	switch {
	case f.Action != "" && words.TitleOf(f.Action) == f.Action:
		return a, BadRequest("action is not the slug of an action.")
	case f.Outcome != "" && !isState(f.Outcome):
		return a, BadRequest("The state of a run is sending, applied, refused or unknown.")
	case !fitsText(f.Organization):
		return a, BadRequest("organization is not the slug of an organization.")
	}
	if a.Runs.From, err = dayStart("from", f.From, v.Location(), 0); err != nil {
		return a, err
	}
	if a.Runs.To, err = dayStart("to", f.To, v.Location(), 1); err != nil {
		return a, err
	}
	if f.Query != "" && f.From == "" {
		a.Runs.From = now.Add(-searchReach)
		a.Note = "Searched the last 12 months. Choose a day to look further back."
	}
	if f.After != "" {
		if a.After, err = ParseMark(f.After); err != nil {
			return a, err
		}
	}
	return a, nil
}

func isState(text string) bool {
	switch text {
	case store.Applied, store.Refused, store.Unknown, store.Sending:
		return true
	}
	return false
}

// fitsText reports whether the database can hold a text at all.
func fitsText(text string) bool {
	return strings.ToValidUTF8(text, "") == text && !strings.Contains(text, "\x00")
}

// dayStart is when a day begins, some days later; zero for no day. name is the
// parameter's.
func dayStart(name, text string, zone *time.Location, later int) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	day, err := time.ParseInLocation(DayLayout, text, zone)
	if err != nil || day.Year() < 2000 || day.Year() > 9000 {
		return time.Time{}, BadRequest(name + " is not a day such as 2026-08-04.")
	}
	return day.AddDate(0, 0, later), nil
}

const otherMark = "The mark of the place to read on from is not one of this list."

// MarkText and ParseMark carry a place in a list in an address. The mark says
// nothing that its reader has not seen, and opens nothing: the scope decides what
// stands behind it.
func MarkText(m store.RunMark) string {
	return base64.RawURLEncoding.EncodeToString(MarkBytes(m))
}

// MarkBytes is a place in the list of runs as the bytes of a cursor; MarkOf reads them.
func MarkBytes(m store.RunMark) []byte {
	mark := binary.BigEndian.AppendUint64(nil, uint64(m.At.UnixMicro()))
	return append(mark, m.ID[:]...)
}

// ParseMark reads a place in the list of runs from an address.
func ParseMark(text string) (*store.RunMark, error) {
	mark, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil {
		return nil, BadRequest(otherMark)
	}
	return MarkOf(mark)
}

// MarkOf reads what MarkBytes made.
func MarkOf(mark []byte) (*store.RunMark, error) {
	if len(mark) != 8+16 {
		return nil, BadRequest(otherMark)
	}
	at := time.UnixMicro(int64(binary.BigEndian.Uint64(mark))).UTC()
	if at.Year() < 2000 || at.Year() > 9000 {
		return nil, BadRequest(otherMark)
	}
	return &store.RunMark{At: at, ID: uuid.UUID(mark[8:])}, nil
}
