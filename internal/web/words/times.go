package words

import (
	"strconv"
	"time"
)

// ClockText is a clock time, with the day where that is another than now's.
func ClockText(t, now time.Time) string {
	switch {
	case t.Year() == now.Year() && t.YearDay() == now.YearDay():
		return t.Format("15:04 MST")
	case t.Year() == now.Year():
		return t.Format("2 Jan, 15:04 MST")
	}
	return t.Format("2 Jan 2006")
}

// Distance says roughly how long ago something was.
func Distance(d time.Duration) string {
	ago, in := " ago", ""
	if d < 0 {
		d, ago, in = -d, "", "in "
	}
	count := func(unit time.Duration, noun string) string {
		return in + strconv.Itoa(int(d.Round(unit)/unit)) + noun + ago
	}
	switch {
	case d.Round(time.Second) < 2*time.Second:
		return "just now"
	case d.Round(time.Second) < time.Minute:
		return count(time.Second, " s")
	case d.Round(time.Minute) < time.Hour:
		return count(time.Minute, " min")
	case d.Round(time.Hour) < 48*time.Hour:
		return count(time.Hour, " h")
	}
	return count(24*time.Hour, " days")
}
