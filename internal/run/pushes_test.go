package run_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
	"duodesk/internal/run"
	"duodesk/internal/store"
)

// TestOneVerificationAtOnce sends twenty at the same moment.
func TestOneVerificationAtOnce(t *testing.T) {
	t.Parallel()
	v := newVictim(t)
	operators := []store.Operator{v.sender, v.Owner}
	var all sync.WaitGroup
	errs := make(chan error, 20)
	for i := range 20 {
		q := v.by(t, operators[i%2], catalog.Technician, "verify-caller", v.verify())
		all.Go(func() { _, err := v.Do(t, q); errs <- err })
	}
	all.Wait()
	close(errs)
	sent := 0
	for err := range errs {
		var many *run.TooManyPushes
		switch {
		case err == nil:
			sent++
		case !errors.As(err, &many) || many.Open == nil || many.Wait <= 0 || many.Wait > catalog.VerificationTime:
			t.Error(err)
		}
	}
	if sent != 1 || len(v.Sim.Pushes(v.Account.AccountID)) != 1 || runs(t, v.Desk) != 1 {
		t.Errorf("%d were sent, %d runs are recorded", sent, runs(t, v.Desk))
	}
	pushOf(t, v.Desk)
}

// TestThreePushesInTenMinutes counts over operators, actions and names.
func TestThreePushesInTenMinutes(t *testing.T) {
	t.Parallel()
	v := newVictim(t)
	alias := v.by(t, v.Owner, catalog.Owner, "update-user", form{"user_id": v.user, "aliases": "countess"})
	if _, err := v.Do(t, alias); err != nil {
		t.Fatal(err)
	}
	push := func(o store.Operator, slug string, fields form) error {
		q := v.by(t, o, catalog.Technician, slug, fields)
		_, err := v.Do(t, q)
		if err == nil && q.Action.AsksAPerson(q.Input) {
			pushes := v.Sim.Pushes(v.Account.AccountID)
			if err := v.Sim.AnswerPush(pushes[len(pushes)-1].ID, duosim.Deny, ""); err != nil {
				t.Fatal(err)
			}
		}
		if err == nil {
			wait(t, v.Desk, q.ID)
		}
		return err
	}
	// What Duo refuses to send, and a passcode that is checked, ask nobody.
	if err := push(v.sender, "verify-caller", form{"user_id": v.user, "phone_id": v.spare}); err == nil {
		t.Error("another's phone")
	}
	if err := push(v.sender, "send-duo-authentication",
		form{"user_id": v.user, "factor": "passcode", "passcode": "123456"}); err != nil {
		t.Error(err)
	}
	for _, err := range []error{
		push(v.sender, "verify-caller", v.verify()),
		push(v.Owner, "send-duo-authentication", form{"username": "Countess", "factor": "push"}),
		push(v.sender, "send-duo-authentication", form{"username": "ada", "factor": "phone"}),
	} {
		if err != nil {
			t.Error(err)
		}
	}
	var many *run.TooManyPushes
	for _, err := range []error{
		push(v.Owner, "verify-caller", v.verify()),
		push(v.sender, "send-duo-authentication", form{"username": "ADA", "factor": "auto"}),
		push(v.sender, "send-duo-authentication", form{"user_id": v.user, "factor": "sms"}),
	} {
		if !errors.As(err, &many) || many.Open != nil || many.Count != 3 || many.Wait <= 9*time.Minute ||
			many.Wait > 10*time.Minute {
			t.Errorf("a fourth: %v %+v", err, many)
		}
	}
	v.Sim.ActivatePhone(v.Account.AccountID, v.spare)
	if err := push(v.sender, "send-duo-authentication", form{"username": "bob", "factor": "push"}); err != nil {
		t.Errorf("another user: %v", err)
	}
	v.Clock.Move(10*time.Minute + time.Second)
	if err := push(v.Owner, "verify-caller", v.verify()); err != nil {
		t.Errorf("ten minutes later: %v", err)
	}
}
