package store

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"strconv"

	"github.com/google/uuid"
)

// Connection names how an organization is connected, in a short opaque text that
// a form can carry: another name means another connection. It changes with every
// change of the connection, also back to an earlier account, and when keys that
// reach the account are replaced. Every organization without a connection has
// the same name.
func (o Organization) Connection() string {
	if !o.Mapped() {
		return "none"
	}
	return nameOf(o.Kind, o.AccountID, o.IntegrationKey, o.APIHostname, o.ConnectionRevision.String())
}

// Connection names a version of an API's keys, as Organization.Connection names
// a connection: for the actions of the workspace itself. The zero Version is none.
func (v Version) Connection() string {
	if v.Version == 0 {
		return "none"
	}
	return nameOf(v.API, v.IntegrationKey, v.Host, strconv.Itoa(v.Version))
}

// nameOf is a digest of parts, 128 bits of it.
func nameOf(parts ...string) string {
	sum := sha256.New()
	for _, part := range parts {
		sum.Write([]byte(strconv.Itoa(len(part)) + ":" + part))
	}
	return base64.RawURLEncoding.EncodeToString(sum.Sum(nil)[:16])
}

// HoldConnection returns an organization as it is now and keeps its connection
// from being changed until the transaction ends. It returns ErrNotFound for an
// organization that the scope does not hold.
func (t *Tx) HoldConnection(ctx context.Context, organization uuid.UUID) (Organization, error) {
	if _, err := t.tx.Exec(ctx, `select from connection where `+inScope+` and organization_id = $1 for share`,
		organization); err != nil {
		return Organization{}, err
	}
	// A statement of its own: the one that waited for the lock reads other tables
	// as they were before it waited.
	return t.Organization(ctx, organization)
}

// LockConnection is HoldConnection for a transaction that may change the
// connection or the keys of the organization: others of the kind wait. Take
// LockMapping before it where the organization may be connected otherwise.
func (t *Tx) LockConnection(ctx context.Context, organization uuid.UUID) (Organization, error) {
	if err := t.lockVersions(ctx); err != nil {
		return Organization{}, err
	}
	if _, err := t.tx.Exec(ctx, `select from connection where `+inScope+` and organization_id = $1 for update`,
		organization); err != nil {
		return Organization{}, err
	}
	return t.Organization(ctx, organization)
}

// HoldKeys is ActiveVersion, and keeps the version in use until the transaction
// ends. The workspace's keys need a scope of every organization.
func (t *Tx) HoldKeys(ctx context.Context, slot Slot) (Version, error) {
	_, err := t.tx.Exec(ctx, `select from integration_secret where `+inScope+
		` and organization_id is not distinct from $1 and api = $2 and state = 'active' for share`,
		slot.Owner(), slot.API)
	if err != nil {
		return Version{}, err
	}
	return t.ActiveVersion(ctx, slot)
}

// renewConnection gives the connection that uses a slot's keys a new name.
// Code that maps takes the lock of the versions before that of the connection.
func (t *Tx) renewConnection(ctx context.Context, slot Slot) error {
	_, err := t.tx.Exec(ctx, `
		update connection set revision = gen_random_uuid()
		where `+inScope+
		` and (organization_id = $1 and kind = 'own' and $2 = 'admin' or $1::uuid is null and kind = 'parent' and $2 in ('admin', 'auth'))`,
		slot.Owner(), slot.API)
	return err
}
