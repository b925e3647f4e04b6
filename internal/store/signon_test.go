package store_test

import (
	"crypto/rand"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/secret"
	"duodesk/internal/store"
	"duodesk/internal/store/storetest"
)

// signedOn is a workspace with a provider, and a member who is linked there.
type signedOn struct {
	storetest.DB
	ws      store.Workspace
	owner   store.Operator
	member  store.Operator
	through store.Through
}

func newSignedOn(t testing.TB) *signedOn {
	t.Helper()
	d := &signedOn{DB: storetest.Open(t)}
	d.ws, d.owner = d.Workspace(t)
	d.member = d.Member(t, d.ws, catalog.Technician)
	d.through = store.Through{Workspace: d.ws.ID, Issuer: "https://login.example.com",
		Subject: uuid.NewString(), Version: 1,
		At: time.Now()}
	d.save(t, 0, "console")
	d.Exec(t, `insert into sign_on_link (workspace_id, operator_id, issuer, subject, linked_at)
		values ($1, $2, $3, $4, now())`, d.ws.ID, d.member.ID, d.through.Issuer, d.through.Subject)
	return d
}

func (d *signedOn) save(t testing.TB, version int, client string) {
	t.Helper()
	within(t, d.Store, store.WholeWorkspace(d.ws.ID), func(tx *store.Tx) error {
		err := tx.SaveSignOn(t.Context(), store.SignOnSettings{Issuer: "https://login.example.com", ClientID: client,
			Version: version}, new(secret.Box([]byte("k"))), d.owner.ID, store.Record{Event: store.SignOnSaved,
			Operator: d.owner.ID, At: time.Now()})
		if err != nil {
			return err
		}
		p, err := tx.SignOn(t.Context())
		d.through.Provider = p.Provider
		return err
	})
}

// start begins a session through the provider, or extends the one of before.
func (d *signedOn) start(t testing.TB, through store.Through, before []byte) (token []byte, err error) {
	t.Helper()
	token = make([]byte, 32)
	rand.Read(token)
	o, err := d.OperatorByEmail(t.Context(), d.member.Email)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	return token, d.StartSession(t.Context(), store.Opening{TokenHash: token, Operator: o, Through: &through,
		Before: before,
		EndsAt: now.Add(time.Hour)}, now)
}

// TestSessionThroughAProvider: link, settings and membership are compared in the transaction
// that starts the session.
func TestSessionThroughAProvider(t *testing.T) {
	t.Parallel()
	d := newSignedOn(t)
	token, err := d.start(t, d.through, nil)
	if err != nil {
		t.Fatal(err)
	}
	found, err := d.FindSession(t.Context(), token, time.Now(), time.Hour)
	if err != nil || found.Own || found.Proof.Kind != "" || len(found.SignedOn) != 1 {
		t.Error(found, err)
	}
	if proof, ok := found.SignedOn.By(d.through.Provider); !ok || proof.At.Unix() != d.through.At.Unix() {
		t.Error(proof, ok)
	}
	if _, ok := found.SignedOn.By(uuid.Nil); ok {
		t.Error("a workspace without a provider is opened")
	}
	// An own session goes on, and stays one; what was begun elsewhere is not touched.
	own := make([]byte, 32)
	rand.Read(own)
	now := time.Now()
	if err := d.StartSession(t.Context(), d.Opening(t, d.member, own, now, now.Add(time.Hour)), now); err != nil {
		t.Fatal(err)
	}
	both, err := d.start(t, d.through, own)
	if err != nil {
		t.Fatal(err)
	}
	found, err = d.FindSession(t.Context(), both, time.Now(), time.Hour)
	if err != nil || !found.Own || found.Proof.Kind != store.TOTP || len(found.SignedOn) != 1 {
		t.Error(found, err)
	}
	if _, err := d.start(t, d.through, own); !errors.Is(err, store.ErrEnded) {
		t.Error("a session went on twice: ", err)
	}

	refused := func(name string, through store.Through) {
		t.Helper()
		if _, err := d.start(t, through, nil); !errors.Is(err, store.ErrEnded) {
			t.Error(name, ": ", err)
		}
	}
	other := d.through
	other.Subject = "another"
	refused("another subject", other)
	other = d.through
	other.Issuer = "https://login.example.com/"
	refused("another issuer", other)
	other = d.through
	other.Provider = uuid.New()
	refused("another provider", other)
	other = d.through
	other.Version++
	refused("another version", other)
	there, _ := d.Workspace(t)
	other = d.through
	other.Workspace = there.ID
	refused("another workspace", other)
	d.Exec(t, `update membership set disabled_at = now() where operator_id = $1`, d.member.ID)
	refused("a disabled membership", d.through)
	d.Exec(t, `update membership set disabled_at = null where operator_id = $1`, d.member.ID)
	d.Exec(t, `update operator set epoch = epoch + 1 where id = $1`, d.member.ID)
	stale := d.through
	if err := d.StartSession(t.Context(), store.Opening{TokenHash: make([]byte, 32), Operator: d.member,
		Through: &stale,
		EndsAt:  now.Add(time.Hour)}, now); !errors.Is(err, store.ErrEnded) {
		t.Error("an epoch of before: ", err)
	}
	d.save(t, 1, "another client") // which renews the provider
	if _, err := d.start(t, d.through, nil); !errors.Is(err, store.ErrEnded) {
		t.Error("the version of before: ", err)
	}
}

// TestClientSecretIsSealed for its version: one of before does not open in its place.
func TestClientSecretIsSealed(t *testing.T) {
	t.Parallel()
	d := newSignedOn(t)
	read := func() (p store.SignOnSettings) {
		within(t, d.Store, store.WholeWorkspace(d.ws.ID), func(tx *store.Tx) (err error) {
			p, err = tx.SignOn(t.Context())
			return err
		})
		return p
	}
	first := read()
	opened, err := d.OpenClientSecret(d.ws.ID, first)
	if err != nil {
		t.Fatal(err)
	}
	if err := opened.Lend(func(b []byte) {
		if string(b) != "k" {
			t.Errorf("%q", b)
		}
	}); err != nil {
		t.Error(err)
	}
	// A save without a secret seals the one of before again, for its new version.
	within(t, d.Store, store.WholeWorkspace(d.ws.ID), func(tx *store.Tx) error {
		return tx.SaveSignOn(t.Context(), store.SignOnSettings{Issuer: first.Issuer, ClientID: first.ClientID,
			Version: 1}, nil,
			d.owner.ID, store.Record{Event: store.SignOnSaved, Operator: d.owner.ID, At: time.Now()})
	})
	second := read()
	if _, err := d.OpenClientSecret(d.ws.ID, second); err != nil || second.Provider != first.Provider {
		t.Error(second.Provider, err)
	}
	moved := second
	moved.SealedSecret = first.SealedSecret
	if _, err := d.OpenClientSecret(d.ws.ID, moved); err == nil {
		t.Error("a secret of a version before opens in the place of another")
	}
	there, _ := d.Workspace(t)
	if _, err := d.OpenClientSecret(there.ID, second); err == nil {
		t.Error("a secret opens in another workspace")
	}
	if err := d.InWorkspace(t.Context(), store.WholeWorkspace(there.ID), func(tx *store.Tx) error {
		return tx.SaveSignOn(t.Context(), store.SignOnSettings{Issuer: "x", ClientID: "y"}, nil, d.owner.ID,
			store.Record{Event: store.SignOnSaved, Operator: d.owner.ID, At: time.Now()})
	}); err == nil {
		t.Error("a first provider was saved without a secret")
	}
}
