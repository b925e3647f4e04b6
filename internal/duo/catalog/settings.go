package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"duodesk/internal/duo"
)

const settingsCategory = "Admin API - Settings"

func retrieveSettings() Action {
	return Action{
		Slug: "retrieve-settings", Title: "Retrieve Settings", Category: settingsCategory,
		Help: "Reads the account's settings.",
		API:  Admin, Call: "GET /admin/v1/settings", Kind: Read, Role: Auditor, Fields: []Field{},
		Run: func(ctx context.Context, d *duo.Client, _ Values) (Result, error) {
			settings, err := d.Settings(ctx)
			if err != nil {
				return Result{Subject: "settings"}, err
			}
			return Result{Subject: "settings", Summary: "Read the settings of " + settings.Name + ".",
				Table: settingsTable(settings)}, nil
		},
	}
}

func settingsTable(s duo.Settings) *Table {
	values := SettingValues(s)
	table := &Table{One: true, Rows: [][]string{nil}}
	for _, g := range Settings {
		for _, f := range g.Fields {
			if value, has := values[f.Spec().Name]; has {
				table.Columns = append(table.Columns, Column{Name: f.Spec().Name, Title: f.Spec().Label})
				table.Rows[0] = append(table.Rows[0], f.Spec().Words(value))
			}
		}
	}
	columns, row := ShownSettings(s)
	table.Columns, table.Rows[0] = append(table.Columns, columns...), append(table.Rows[0], row...)
	return table
}

// updateSettings takes any of the settings and sends those that are given. It
// reads the account's settings first: what goes together is judged by what will
// be there, and the record tells what was there before.
func updateSettings() Action {
	a := Action{
		Slug: UpdateSettings, Title: "Update Settings", Category: settingsCategory,
		Help: "Changes the settings that you fill in. The others stay as they are.",
		API:  Admin, Call: "POST /admin/v1/settings", Kind: Write, Tier: Recent, Role: Administrator, Edits: true, Fields: []Field{},
		Check: settingShapes, TierFor: settingsTier,
		Run: func(ctx context.Context, d *duo.Client, in Values) (Result, error) {
			r := Result{Subject: "settings"}
			fields := settingsGiven(in)
			if fields == (duo.SettingsFields{}) {
				return r, &FieldError{Field: "name", Message: "Nothing is changed yet."}
			}
			before, err := d.Settings(ctx)
			if err != nil {
				return r, err
			}
			if bad := SettingFaults(SettingValues(before), in); len(bad) > 0 {
				return r, &bad[0]
			}
			after, err := d.UpdateSettings(ctx, fields)
			if err != nil {
				return r, settingRefused(in, err)
			}
			r.Summary = settingsChanged(SettingValues(before), SettingValues(after), in)
			return r, nil
		},
	}
	for _, g := range Settings {
		a.Fields = append(a.Fields, g.Fields...)
	}
	return a
}

func settingSpecs() []Spec {
	var specs []Spec
	for _, g := range Settings {
		for _, f := range g.Fields {
			specs = append(specs, f.Spec())
		}
	}
	return specs
}

// settingShapes are the faults that show without the account.
func settingShapes(in Values) []FieldError {
	var bad []FieldError
	add := func(field, message string) { bad = append(bad, FieldError{Field: field, Message: message}) }
	for _, name := range []string{"keypress_confirm", "keypress_fraud"} {
		if text := in.given[name]; strings.Trim(text, "0123456789#*") != "" {
			add(name, "Enter one of 0 to 9, # and *, or leave this empty.")
		}
	}
	for _, name := range []string{"name", "timezone"} {
		if text, given := in.given[name]; given && text == "" {
			add(name, fillIn)
		}
	}
	if zone := in.given["timezone"]; zone != "" {
		if _, err := time.LoadLocation(zone); err != nil || zone == "Local" {
			add("timezone", "No time zone has this name. Use one such as Europe/London or America/New_York.")
		}
	}
	return bad
}

// SettingFaults are what is wrong with changed settings beside what the account
// has now: a setting that it lacks, and pairs that do not go together.
func SettingFaults(now map[string]string, in Values) []FieldError {
	var bad []FieldError
	add := func(field, message string) { bad = append(bad, FieldError{Field: field, Message: message}) }
	for _, spec := range settingSpecs() {
		if _, has := now[spec.Name]; in.given[spec.Name] != "" && !has {
			add(spec.Name, "This account does not have this setting.")
		}
	}
	after := func(name string) string {
		if value, given := in.given[name]; given {
			return value
		}
		return now[name]
	}
	// beside names the one of a pair that is being changed, the first if both are.
	beside := func(first, second string) string {
		if _, given := in.given[first]; given {
			return first
		}
		return second
	}
	confirm, fraud := after("keypress_confirm"), after("keypress_fraud")
	changed := slices.ContainsFunc([]string{"keypress_confirm", "keypress_fraud"},
		func(name string) bool { _, given := in.given[name]; return given })
	switch {
	case !changed:
	case (confirm == "") != (fraud == ""):
		add(beside("keypress_confirm", "keypress_fraud"), "Set both keypresses, or neither.")
	case confirm != "" && confirm == fraud:
		add(beside("keypress_fraud", "keypress_confirm"), "One key cannot both authenticate and report fraud.")
	}
	if minutes := after("helpdesk_bypass_expiration"); after("helpdesk_bypass") == "limit" &&
		(minutes == "" || minutes == "0") &&
		(in.given["helpdesk_bypass"] != "" || in.given["helpdesk_bypass_expiration"] != "") {
		add("helpdesk_bypass_expiration",
			"Give a number of minutes: Help Desk bypass codes are allowed with an expiration.")
	}
	if in.given["fraud_email"] != "" && after("fraud_email_enabled") == "false" {
		add("fraud_email", "Fraud alert emails are off, so Duo would clear this address.")
	}
	return bad
}

// settingRefused puts Duo's refusal beside the setting that it names, if that was sent.
func settingRefused(in Values, err error) error {
	refused, ok := asRefusal(err)
	if !ok || refused.Code != duo.CodeInvalidParameter && refused.Code != duo.CodeMissingParameter {
		return err
	}
	for _, spec := range settingSpecs() {
		if _, sent := in.given[spec.Name]; sent && spec.Name == refused.Detail {
			return refusedField(spec.Name, "Duo did not accept this value and changed nothing.", refused)
		}
	}
	return err
}

// settingsChanged says what is different now, and what Duo left as it was.
func settingsChanged(before, after map[string]string, in Values) string {
	var changed, labels, kept []string
	for _, spec := range settingSpecs() {
		value, given := in.given[spec.Name]
		switch {
		case !given || value == "" && (spec.Kind == "yesno" || spec.Kind == "choice" || spec.Kind == "number"):
		case before[spec.Name] == after[spec.Name] && after[spec.Name] != value:
			kept = append(kept, spec.Label)
		case before[spec.Name] != after[spec.Name]:
			labels = append(labels, spec.Label)
			changed = append(changed, fmt.Sprintf("%s: %s, was %s", spec.Label, orEmpty(spec.Words(after[spec.Name])),
				orEmpty(spec.Words(before[spec.Name]))))
		}
	}
	summary := "Nothing was changed: every value was already so."
	if len(changed) > 3 { // the record has what each was set to, and is short
		changed = labels
	}
	if len(changed) > 0 {
		summary = "Changed " + counted(len(changed), "setting", "settings") + ". " + strings.Join(changed, "; ") + "."
	}
	if len(kept) > 0 {
		summary += " Duo did not change: " + strings.Join(kept, ", ") + "."
	}
	return summary
}

func orEmpty(text string) string {
	if text == "" {
		return "empty"
	}
	return text
}

func sortedKeys(m map[string]json.RawMessage) []string { return slices.Sorted(maps.Keys(m)) }
