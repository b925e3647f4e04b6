package setup

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata"
	"unicode/utf8"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/store"
	"duodesk/internal/text"
)

// Details are what is typed about an organization: aliases one a line, tags
// between commas, an IANA time zone, and a colour by its number or word.
type Details struct{ Name, Aliases, Tags, TimeZone, Colour string }

// The fields of Details that a fault can stand beside.
const (
	NameField     = "name"
	AliasesField  = "aliases"
	TagsField     = "tags"
	TimeZoneField = "time_zone"
	ColourField   = "color"
)

// Colours are the words for an organization's colours, the first for colour 1.
var Colours = [12]string{"orange", "blue", "purple", "lime", "pink", "teal", "gold", "indigo", "brown", "green",
	"red", "slate"}

const (
	mostAliases, longestAlias = 20, 100
	mostTags, longestTag      = 20, 40
)

// parse reads what was typed into an organization. An empty colour stays 0.
func (d Details) parse() (store.Organization, []catalog.FieldError) {
	var o store.Organization
	name, bad := checkName(catalog.Text{Name: NameField, Required: true, Max: store.LongestName}, d.Name)
	o.Name = name
	fault := func(field, format string, args ...any) {
		bad = append(bad, catalog.FieldError{Field: field, Message: fmt.Sprintf(format, args...)})
	}
	o.Aliases = splitList(d.Aliases, "|\n", text.Same)
	o.Aliases = slices.DeleteFunc(o.Aliases, func(alias string) bool { return text.Same(alias, o.Name) })
	for field, typed := range map[string]string{AliasesField: d.Aliases, TagsField: d.Tags} {
		if text.Bad(typed) != text.Fine {
			fault(field, "This holds control characters, or bytes that are not text.")
		}
	}
	if len(o.Aliases) > mostAliases {
		fault(AliasesField, "%d listed; the limit is %d.", len(o.Aliases), mostAliases)
	}
	if i := tooLong(o.Aliases, longestAlias); i >= 0 {
		fault(AliasesField, "“%s…” is too long; the limit is %d characters.", start(o.Aliases[i]), longestAlias)
	}
	o.Tags = splitList(strings.ToLower(d.Tags), "|,;\n", text.Same)
	slices.Sort(o.Tags)
	if len(o.Tags) > mostTags {
		fault(TagsField, "%d listed; the limit is %d.", len(o.Tags), mostTags)
	}
	if i := tooLong(o.Tags, longestTag); i >= 0 {
		fault(TagsField, "“%s…” is too long; the limit is %d characters.", start(o.Tags[i]), longestTag)
	}
	var known bool
	if o.TimeZone, known = timeZone(d.TimeZone); !known {
		fault(TimeZoneField, "No time zone has this name. Use one such as Europe/London or America/New_York.")
	}
	if o.Colour, known = colourOf(d.Colour); !known {
		fault(ColourField, "Colors are 1 to 12, or %s.", strings.Join(Colours[:], ", "))
	}
	return o, bad
}

// splitList takes a list apart, without blanks, doubles and what cannot be shown.
func splitList(typed, separators string, same func(a, b string) bool) []string {
	list := []string{}
	for _, item := range strings.FieldsFunc(typed, func(r rune) bool { return strings.ContainsRune(separators, r) }) {
		item = text.Line(item)
		if item != "" && !slices.ContainsFunc(list, func(other string) bool { return same(item, other) }) {
			list = append(list, item)
		}
	}
	return list
}

func tooLong(list []string, longest int) int {
	return slices.IndexFunc(list, func(item string) bool { return utf8.RuneCountInString(item) > longest })
}

// start is enough of a text to find it by.
func start(typed string) string {
	return string([]rune(typed)[:min(20, utf8.RuneCountInString(typed))])
}

// timeZone checks the name of a zone; none is as good.
func timeZone(name string) (string, bool) {
	name = text.Key(name)
	if name == "" || name == "UTC" {
		return name, true
	}
	// Without a slash it is the machine's own zone, or one of a few that name a
	// law and no place.
	if !strings.Contains(name, "/") || path.Clean(name) != name || len(name) > 60 {
		return name, false
	}
	_, err := time.LoadLocation(name)
	return name, err == nil
}

func colourOf(typed string) (int, bool) {
	word := strings.ToLower(text.Line(typed))
	if word == "" {
		return 0, true
	}
	if i := slices.Index(Colours[:], word); i >= 0 {
		return i + 1, true
	}
	n, err := strconv.Atoi(word)
	return n, err == nil && n >= 1 && n <= len(Colours)
}

// Overtaken says that somebody changed what a form was about after the form was
// opened: nothing was saved.
type Overtaken struct {
	By  string // an operator's email; empty when it is not on record
	At  time.Time
	Now store.Organization // as it stands
}

func (e *Overtaken) Error() string { return "run: changed by someone else since the form was opened" }

// ChangeOrganization saves what was typed about an organization, as it was at a
// revision. Where it was changed since the error is an *Overtaken. What is as it
// was typed already, as after a form sent twice, is a success.
func (r *Runner) ChangeOrganization(ctx context.Context, sc store.Scope, actor run.Actor, id uuid.UUID, revision int,
	typed Details) ([]catalog.FieldError, error) {
	wanted, bad := typed.parse()
	if text.Line(typed.Colour) == "" {
		bad = append(bad, catalog.FieldError{Field: ColourField, Message: "Choose a color."})
	}
	if len(bad) > 0 {
		return bad, nil
	}
	err := r.Change(ctx, sc, actor, catalog.Administrator, func(tx *store.Tx) error {
		now, err := tx.Organization(ctx, id)
		if err != nil {
			return err
		}
		changes := changesOf(now, wanted)
		if len(changes) == 0 {
			return nil
		}
		wanted.ID, wanted.Revision = id, revision
		if err := tx.ChangeOrganization(ctx, wanted); err != nil {
			return err
		}
		return tx.Record(ctx, changeRecord(actor, now, wanted, changes, r.Now()))
	})
	if store.IsConflict(err, "organization_revision") {
		return nil, r.overtaken(ctx, sc, id)
	}
	return nil, err
}

func (r *Runner) overtaken(ctx context.Context, sc store.Scope, id uuid.UUID) error {
	now, err := r.Organization(ctx, sc, id)
	if err != nil {
		return err
	}
	told := &Overtaken{Now: now}
	err = r.Store.InWorkspace(ctx, sc, func(tx *store.Tx) (err error) {
		told.By, told.At, err = tx.LastChange(ctx, id, store.OrganizationChanged)
		return err
	})
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	return told
}

// A fieldChange is one line of what a change was.
type fieldChange struct{ field, label, from, to string }

func changesOf(from, to store.Organization) []fieldChange {
	all := []fieldChange{
		{NameField, "Name", from.Name, to.Name},
		{AliasesField, "Aliases", strings.Join(from.Aliases, ", "), strings.Join(to.Aliases, ", ")},
		{TagsField, "Tags", strings.Join(from.Tags, ", "), strings.Join(to.Tags, ", ")},
		{TimeZoneField, "Time zone", from.TimeZone, to.TimeZone},
		{ColourField, "Color", colourWord(from.Colour), colourWord(to.Colour)},
	}
	return slices.DeleteFunc(all, func(c fieldChange) bool { return c.from == c.to })
}

func colourWord(n int) string {
	if n < 1 || n > len(Colours) {
		return ""
	}
	return Colours[n-1]
}
