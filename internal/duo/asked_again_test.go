package duo

import (
	"context"
	"errors"
	"net/http"
	"testing"
)

// TestAnswersThatNameAnother: an answer that has what a parameter named has to have the same.
func TestAnswersThatNameAnother(t *testing.T) {
	t.Parallel()
	answered := ""
	c := testClient(serve(t, func(w http.ResponseWriter, r *http.Request) { ok(answered)(w, r) }))
	ada := "ada"
	push := func(ctx context.Context) error {
		_, err := c.VerificationPushResponse(ctx, "DU00000000000000000A", "X")
		return err
	}
	status := func(ctx context.Context) error { _, err := c.AuthStatus(ctx, "tx-1"); return err }
	enroll := func(name string) func(context.Context) error {
		return func(ctx context.Context) error { _, err := c.Enroll(ctx, NewEnrollment{Username: name}); return err }
	}
	create := func(ctx context.Context) error { _, err := c.CreateUser(ctx, UserFields{Username: &ada}); return err }
	several := func(ctx context.Context) error {
		bob := "bob"
		_, err := c.BulkCreateUsers(ctx, []UserFields{{Username: &ada}, {Username: &bob}})
		return err
	}
	effective := func(ctx context.Context) error {
		_, err := c.CalculatePolicy(ctx, "DI0000000000000000AA", "DU00000000000000000A")
		return err
	}
	begin := func(ctx context.Context) error {
		_, err := c.StartAuth(ctx, AuthRequest{User: AuthUser{Username: "ada"}, Factor: FactorPush,
			Transaction: "tx-1"})
		return err
	}
	for _, test := range []struct {
		what   string
		call   func(context.Context) error
		answer string
		taken  bool
		writes bool
	}{
		{"the push", push, `{"push_id": "X", "result": "approve"}`, true, false},
		{"no push named", push, `{"result": "approve"}`, true, false},
		{"another push", push, `{"push_id": "Y", "result": "approve"}`, false, false},
		{"a push in another case", push, `{"push_id": "x", "result": "approve"}`, false, false},
		{"no login named", status, `{"result": "allow", "status": "allow"}`, true, false},
		{"the login", status, `{"txid": "tx-1", "result": "allow"}`, true, false},
		{"another login", status, `{"txid": "tx-2", "result": "allow"}`, false, false},
		{"a login of its own after a verified push", begin, `{"txid": "tx-2"}`, true, true},
		{"the policy of another user", effective,
			`{"user_id": "DU00000000000000000B", "policy_elements": [], "sections": {}}`, false, false},
		{"enrolled", enroll("ada"), `{"user_id": "DU1", "username": "ADA"}`, true, true},
		{"enrolled without the domain", enroll(`ACME\ada`), `{"user_id": "DU1", "username": "ada"}`, true, true},
		{"enrolled under a name of Duo's", enroll(""), `{"user_id": "DU1", "username": "3f9c"}`, true, true},
		{"another one enrolled", enroll("ada"), `{"user_id": "DU2", "username": "bob"}`, false, true},
		{"made", create, `{"user_id": "DU1", "username": "ada"}`, true, true},
		{"another one made", create, `{"user_id": "DU2", "username": "bob"}`, false, true},
		{"both made", several, `[{"user_id": "DU1", "username": "ada"}, {"user_id": "DU2", "username": "bob"}]`,
			true, true},
		{"another one made among several", several,
			`[{"user_id": "DU1", "username": "ada"}, {"user_id": "DU3", "username": "eve"}]`, false, true},
	} {
		answered = test.answer
		err := test.call(t.Context())
		failed, is := errors.AsType[*TransportError](err)
		if taken := err == nil; taken != test.taken ||
			!taken && (!is || failed.Failure != OtherAnswer || MayHaveBeenApplied(err) != test.writes) {
			t.Errorf("%s: %v", test.what, err)
		}
	}
}
