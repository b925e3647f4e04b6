package run_test

import (
	"errors"
	"testing"
	"time"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
	"duodesk/internal/run"
	"duodesk/internal/store"
)

// TestAPersonUnderOtherSpellings: an account can read names without their domains at a login. The user
// of all spellings is one person, who is asked three times at most, and whose report of fraud counts.
func TestAPersonUnderOtherSpellings(t *testing.T) {
	t.Parallel()
	for username, typed := range map[string][]string{
		"ada":                {`CLIENT\Ada`, "ada@client.example", `x1\ada`, "ada@x2.example"},
		"ada@client.example": {"ada", `CLIENT\Ada`, `x1\ada`, "ada@x2.example"},
	} {
		t.Run(username, func(t *testing.T) {
			t.Parallel()
			v := newVictim(t)
			v.Sim.SetSimpleNames(v.Account.AccountID, true)
			act(t, v.Desk, catalog.Administrator, "update-user", form{"user_id": v.user, "username": username})
			push := func(name, answer string) error {
				q := v.by(t, v.sender, catalog.Helpdesk, "send-duo-authentication",
					form{"username": name, "factor": "push"})
				if _, err := v.Do(t, q); err != nil {
					return err
				}
				pushes := v.Sim.Pushes(v.Account.AccountID)
				if err := v.Sim.AnswerPush(pushes[len(pushes)-1].ID, answer, ""); err != nil {
					t.Fatal(err)
				}
				if got := wait(t, v.Desk, q.ID); got.Answer == "" {
					t.Fatalf("%s: %+v", name, got)
				}
				return nil
			}
			for i, name := range typed {
				err := push(name, duosim.Deny)
				if many := new(run.TooManyPushes); errors.As(err, &many) != (i >= 3) || i < 3 && err != nil {
					t.Errorf("push %d, to %s: %v", i+1, name, err)
				}
			}
			v.Clock.Move(10*time.Minute + time.Second)
			if err := push(typed[0], duosim.Fraud); err != nil {
				t.Fatal(err)
			}
			for what, deed := range map[string][2]any{
				"a bypass code": {"create-bypass-code-for-user", form{"user_id": v.user, "preserve_existing": "true"}},
				"an activation": {"send-activation-url", form{"phone_id": v.phone}},
			} {
				var held *run.HeldBack
				if _, err := v.Do(t,
					v.by(t, v.sender, catalog.Technician, deed[0].(string), deed[1].(form))); !errors.As(err, &held) {
					t.Errorf("%s after a report by %s: %v", what, typed[0], err)
				}
			}
			if _, err := v.Do(t, v.by(t, v.sender, catalog.Technician, "send-activation-url",
				form{"phone_id": v.spare})); err != nil {
				t.Errorf("another user: %v", err)
			}
		})
	}
}

// TestAnotherWayToTheAccount: an organization that reaches the same Duo account by keys of its own reaches the same
// people.
func TestAnotherWayToTheAccount(t *testing.T) {
	t.Parallel()
	v := newVictim(t)
	beta := v.Organizations(t, v.Workspace, "Beta")[0]
	app := v.Sim.AddApplication(v.Account.AccountID, duosim.AdminAPI)
	own := map[string]string{"own_host": v.Account.APIHostname, "own_integration_key": app.IntegrationKey,
		"own_secret_key": app.SecretKey}
	if faults := saveOwn(t, v.Desk, beta, own); len(faults) > 0 {
		t.Fatal(faults)
	}
	beta = again(t, v.Desk, beta)
	there := func(slug string, fields form) error {
		q := v.by(t, v.sender, catalog.Technician, slug, fields)
		q.Organization, q.Scope = beta, store.Within(v.Workspace.ID, beta.ID)
		_, err := v.Do(t, q)
		return err
	}
	if err := there("get-user", form{"user_id": v.user}); err != nil {
		t.Fatal("it is another account: ", err)
	}
	q := v.by(t, v.sender, catalog.Technician, "verify-caller", v.verify())
	if _, err := v.Do(t, q); err != nil {
		t.Fatal(err)
	}
	var many *run.TooManyPushes
	if err := there("verify-caller", v.verify()); !errors.As(err, &many) || many.Open == nil {
		t.Errorf("beside an open verification: %v", err)
	}
	if err := v.Sim.AnswerPush(pushOf(t, v.Desk).ID, duosim.Fraud, ""); err != nil {
		t.Fatal(err)
	}
	wait(t, v.Desk, q.ID)
	var held *run.HeldBack
	if err := there("create-bypass-code-for-user",
		form{"user_id": v.user, "preserve_existing": "true"}); !errors.As(err, &held) {
		t.Errorf("after a report of fraud: %v", err)
	}
}
