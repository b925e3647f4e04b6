package run_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/run"
	"duodesk/internal/run/members"
	"duodesk/internal/run/runtest"
	"duodesk/internal/store"
)

func askToken(d *runtest.Desk, role string, organizations ...uuid.UUID) store.Token {
	return store.Token{ID: uuid.New(), Name: "program", Role: role, Every: len(organizations) == 0,
		Organizations: organizations, ExpiresAt: d.Clock.Now().Add(time.Hour)}
}

// A token gives no more than its maker has, and is made once for each form.
func TestTokenIsNoMoreThanItsMaker(t *testing.T) {
	t.Parallel()
	d := runtest.New(t)
	other := d.Organizations(t, d.Workspace, "Other")[0]
	technician := d.Member(t, d.Workspace, catalog.Technician, d.Client.ID)
	actor := run.Actor{Operator: technician.ID}
	for what, k := range map[string]store.Token{
		"a higher role": askToken(d, "admin", d.Client.ID), "no role": askToken(d, "king", d.Client.ID),
		"everything": askToken(d, "auditor"), "another organization": askToken(d, "auditor", d.Client.ID, other.ID),
	} {
		if _, _, err := d.Members().MakeToken(t.Context(), d.Workspace.ID, actor, k); !errors.Is(err,
			run.ErrForbidden) {
			t.Errorf("%s: %v", what, err)
		}
	}
	long := askToken(d, "auditor", d.Client.ID)
	long.ExpiresAt = d.Clock.Now().Add(store.TokenLife + time.Minute)
	var fault *catalog.FieldError
	if _, _, err := d.Members().MakeToken(t.Context(), d.Workspace.ID, actor, long); !errors.As(err, &fault) {
		t.Errorf("more than a year: %v", err)
	}
	asked := askToken(d, "technician", d.Client.ID)
	text, kept, err := d.Members().MakeToken(t.Context(), d.Workspace.ID, actor, asked)
	if err != nil || !strings.HasPrefix(text, members.TokenPrefix) || len(text) != 118 ||
		kept.Names[0] != d.Client.Name {
		t.Fatal(text, kept, err)
	}
	var already *run.AlreadyRun
	if again, _, err := d.Members().MakeToken(t.Context(), d.Workspace.ID, actor, asked); !errors.As(err, &already) {
		t.Errorf("the same form made %q (%v)", again, err)
	}
	if r := d.Record(t, asked.ID); r.Action != store.TokenMade.Slug || strings.Contains(r.Summary, text) ||
		!strings.Contains(r.Summary, "technician of Acme Dental") {
		t.Errorf("%+v", r)
	}
	stranger := d.Member(t, d.Workspace, catalog.Administrator)
	if err := d.Members().RevokeToken(t.Context(), d.Workspace.ID, run.Actor{Operator: stranger.ID}, technician.ID,
		kept.ID); !errors.Is(err, run.ErrForbidden) {
		t.Errorf("an administrator revoked the token of somebody else: %v", err)
	}
	if err := d.Members().RevokeToken(t.Context(), d.Workspace.ID, actor, technician.ID, kept.ID); err != nil {
		t.Error(err)
	}
	if _, _, err := d.Members().Token(t.Context(), text, "127.0.0.1"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a revoked token opens: %v", err)
	}
}

// What ends the person's access ends the tokens, and they do not come back.
func TestWhatEndsTokens(t *testing.T) {
	t.Parallel()
	d := runtest.Unconnected(t)
	for what, end := range map[string]func(store.Operator) error{
		"a new password from the host": func(o store.Operator) error {
			_, err := store.ResetPassword(t.Context(), d.OwnerURL, o.Email, "x", d.Clock.Now())
			return err
		},
		"disabled on the host, enabled again": func(o store.Operator) error {
			_, err := store.DisableOperator(t.Context(), d.OwnerURL, o.Email, d.Clock.Now())
			return errors.Join(err, store.EnableOperator(t.Context(), d.OwnerURL, o.Email, d.Clock.Now()))
		},
		"disabled in the workspace, enabled again": func(o store.Operator) error {
			return errors.Join(d.Members().DisableMember(t.Context(), d.Scope(), d.Actor(catalog.Owner), uuid.New(),
				o.ID), d.Members().EnableMember(t.Context(), d.Scope(), d.Actor(catalog.Owner), uuid.New(), o.ID))
		},
		"membership ended": func(o store.Operator) error {
			return d.Members().EndMember(t.Context(), d.Scope(), d.Actor(catalog.Owner), uuid.New(), o.ID)
		},
	} {
		operator := d.Member(t, d.Workspace, catalog.Auditor)
		text, _, err := d.Members().MakeToken(t.Context(), d.Workspace.ID, run.Actor{Operator: operator.ID},
			askToken(d, "auditor"))
		if err != nil {
			t.Fatal(err)
		}
		if _, found, err := d.Members().Token(t.Context(), text, "127.0.0.1"); err != nil || found.ID != operator.ID {
			t.Fatal(found, err)
		}
		if err := end(operator); err != nil {
			t.Fatal(what, err)
		}
		if _, _, err := d.Members().Token(t.Context(), text, "127.0.0.1"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s: the token opens (%v)", what, err)
		}
	}
}
