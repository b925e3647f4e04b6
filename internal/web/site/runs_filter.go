package site

import (
	"strings"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/store"
	"duodesk/internal/web/words"
)

// searchReach is how far back a search looks that names no day. Common words are
// looked for run by run; see store.RunFilter.
const searchReach = 366 * 24 * time.Hour

// DayLayout is a day as addresses, forms and file names have it.
const DayLayout = "2006-01-02"

// AskedRuns reads a filter of runs by its parameters. What makes no sense is refused rather than left out: a list that
// shows more than was asked for misleads an auditor. note says what is left out unasked.
func AskedRuns(value func(string) string, v Visitor, now time.Time) (f store.RunFilter, note string, err error) {
	f = store.RunFilter{Organization: value("organization"), Action: value("action"), State: value("outcome"),
		Search: Searched(value("q"))}
	if operator := value("operator"); operator != "" {
		if f.Operator, err = uuid.Parse(operator); err != nil {
			return f, "", BadRequest("operator is not the id of an operator, a UUID.")
		}
	}
	switch {
	case f.Action != "" && words.TitleOf(f.Action) == f.Action:
		return f, "", BadRequest("action is not the slug of an action.")
	case f.State != "" && !isState(f.State):
		return f, "", BadRequest("The state of a run is sending, applied, refused or unknown.")
	case !fitsText(value("user")):
		return f, "", BadRequest("user is not the id of a user.")
	case !fitsText(f.Organization):
		return f, "", BadRequest("organization is not the slug of an organization.")
	}
	if f.Person = value("user"); f.Person != "" {
		f.Account, note = v.Organization.AccountID, "Only runs about one user."
	}
	if f.From, err = dayStart("from", value("from"), v.Location(), 0); err != nil {
		return f, "", err
	}
	if f.To, err = dayStart("to", value("to"), v.Location(), 1); err != nil {
		return f, "", err
	}
	if f.Search != "" && f.From.IsZero() {
		f.From = now.Add(-searchReach)
		note += " Searched the last 12 months. Choose a day to look further back."
	}
	return f, strings.TrimSpace(note), nil
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
