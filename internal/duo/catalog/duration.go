package catalog

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Span is a length of time. It is typed as a person says it (1 hour, 90 min,
// 7 days) or in seconds, which is also how programs give it; Duo gets seconds.
type Span struct {
	Name, Label, Help, Example string
	Min, Max, Default          time.Duration
	Presets                    []time.Duration
	Never                      string // what 0 means, such as "never expires"; empty: 0 is not allowed
}

func (f Span) Spec() Spec {
	spec := Spec{Name: f.Name, Label: f.Label, Help: f.help(), Kind: "duration", Min: seconds(f.Min),
		Max: seconds(f.Max), Default: f.words(f.Default), Example: f.Example}
	if f.Never != "" {
		spec.Min, spec.Least = 0, seconds(f.Min)
	}
	for _, p := range f.Presets {
		spec.Options = append(spec.Options, Option{Value: f.words(p), Label: f.words(p)})
	}
	return spec
}

func (f Span) help() string {
	help := fmt.Sprintf("From %s to %s, such as %s; a number without a unit is seconds.", Duration(f.Min),
		Duration(f.Max), f.words(f.Default))
	if f.Never != "" {
		help += " 0 " + f.Never + "."
	}
	if f.Help != "" {
		help = f.Help + " " + help
	}
	return help
}

// words writes a span as it can be typed back.
func (f Span) words(d time.Duration) string {
	if d == 0 {
		return "0"
	}
	return Duration(d)
}

func seconds(d time.Duration) int { return int(d / time.Second) }

var (
	spanShape = regexp.MustCompile(`^([0-9]{1,9})\s*([a-z]*)$`)
	spanUnits = map[string]time.Duration{
		"": time.Second, "s": time.Second, "sec": time.Second, "secs": time.Second, "second": time.Second,
		"seconds": time.Second,
		"m":       time.Minute, "min": time.Minute, "mins": time.Minute, "minute": time.Minute, "minutes": time.Minute,
		"h": time.Hour, "hour": time.Hour, "hours": time.Hour, "d": day, "day": day, "days": day,
	}
)

const day = 24 * time.Hour

func (f Span) normalize(text string, given bool) (plain, fault string) {
	text = strings.ToLower(cleaned(text))
	fault = fmt.Sprintf("Give a time from %s to %s, such as %s.", Duration(f.Min), Duration(f.Max), f.words(f.Default))
	if text == "" {
		if given {
			return "", fault
		}
		return "", ""
	}
	if text == "never" {
		text = "0"
	}
	parts := spanShape.FindStringSubmatch(text)
	if parts == nil {
		return "", fault
	}
	n, _ := strconv.Atoi(parts[1]) // at most nine digits
	unit, known := spanUnits[parts[2]]
	// Compared in units: a product could be larger than a Duration.
	if !known || n > int(f.Max/unit)+1 {
		return "", fault
	}
	d := time.Duration(n) * unit
	if (d < f.Min || d > f.Max) && (d != 0 || f.Never == "") {
		return "", fault
	}
	return strconv.Itoa(seconds(d)), ""
}

// Of returns the span, or the default when none was given.
func (f Span) Of(in Values) time.Duration {
	n, err := strconv.Atoi(in.given[f.Name])
	if err != nil {
		return f.Default
	}
	return time.Duration(n) * time.Second
}
