package catalog

import (
	"regexp"
	"strconv"
	"time"
)

// Time is a moment. It is a day or a day and a time of day, in UTC unless it says
// another zone, or seconds or milliseconds since 1970. It is kept as RFC 3339 in
// UTC, to the millisecond. What people type is in a zone of their own: see InZone.
type Time struct {
	Name, Label, Help, Example string
}

func (f Time) Spec() Spec {
	return Spec{Name: f.Name, Label: f.Label, Help: f.Help, Kind: "moment", Max: 40, Example: f.Example}
}

var (
	unixShape = regexp.MustCompile(`^([0-9]{10}|[0-9]{13})$`)
	zoneless  = []string{"2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02 15:04",
		time.DateOnly}
	timeLayouts = append([]string{time.RFC3339Nano}, zoneless...)
)

// InZone returns a typed day or time that names no zone as the moment that it is in
// a zone, in RFC 3339. All other text stays as it is. Of an hour that a zone has
// twice it is the one or the other, and an hour that a zone leaves out is an hour off.
func InZone(typed string, zone *time.Location) string {
	text := cleaned(typed)
	for _, layout := range zoneless {
		if t, err := time.ParseInLocation(layout, text, zone); err == nil {
			return t.Format(time.RFC3339Nano)
		}
	}
	return typed
}

func (f Time) normalize(text string, _ bool) (plain, fault string) {
	text = cleaned(text)
	if text == "" {
		return "", ""
	}
	if unixShape.MatchString(text) {
		n, _ := strconv.ParseInt(text, 10, 64) // at most thirteen digits
		if len(text) == 10 {
			n *= 1000
		}
		text = timeText(time.UnixMilli(n))
	}
	for _, layout := range timeLayouts {
		if t, err := time.Parse(layout, text); err == nil && t.Year() >= 1971 && t.Year() < 2200 {
			return timeText(t), ""
		}
	}
	return "", "Give a day such as 2026-08-04, or a day and a time such as 2026-08-04 14:30."
}

func timeText(t time.Time) string { return t.UTC().Truncate(time.Millisecond).Format(time.RFC3339Nano) }

// Of returns the moment, zero when none was given.
func (f Time) Of(in Values) time.Time {
	t, err := time.Parse(time.RFC3339Nano, in.given[f.Name])
	if err != nil {
		return time.Time{}
	}
	return t
}
