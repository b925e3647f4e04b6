package web

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
	"duodesk/internal/run/setup"
	"duodesk/internal/secret"
	"duodesk/internal/store"
	"duodesk/internal/store/storetest"
)

func formWith(pairs ...string) func(*fleet, *tenant, bool) url.Values {
	return func(*fleet, *tenant, bool) url.Values {
		f := url.Values{}
		for i := 0; i < len(pairs); i += 2 {
			f.Set(pairs[i], pairs[i+1])
		}
		return f
	}
}

// memberForm makes a form of owners; the members and invitations that addresses
// name are as at first when it is fresh.
func memberForm(pairs ...string) func(*fleet, *tenant, bool) url.Values {
	return func(e *fleet, n *tenant, fresh bool) url.Values {
		if fresh {
			e.staff(n.workspace)
		}
		f := formWith(pairs...)(e, n, fresh)
		f.Set("run_id", uuid.NewString())
		return f
	}
}

// signOnForm is about a workspace's provider, which is set up in the way that the form changes
// when it is fresh: stored, and with the pair "required" also required.
func signOnForm(stored bool, pairs ...string) func(*fleet, *tenant, bool) url.Values {
	return func(e *fleet, n *tenant, fresh bool) url.Values {
		f := formWith(pairs...)(e, n, fresh)
		owner := e.ownerOf(n).Operator
		for name, value := range map[string]string{"run_id": uuid.NewString(), "break_glass": owner.String()} {
			if f.Has(name) {
				f.Set(name, value)
			}
		}
		f.Set("version", "0")
		if !fresh {
			return f
		}
		ws := n.workspace.ID
		e.Exec(e.t, `update workspace set sign_on_provider = null, sign_on_break_glass = null where id = $1`, ws)
		e.Exec(e.t, `delete from sign_on where workspace_id = $1`, ws)
		if !stored {
			return f
		}
		err := e.InWorkspace(context.Background(), store.WholeWorkspace(ws), func(tx *store.Tx) error {
			return tx.SaveSignOn(context.Background(), store.SignOnSettings{Issuer: "http://127.0.0.1:1", ClientID: "console"},
				new(secret.Box([]byte("k"))), owner, store.Record{Event: store.SignOnSaved, Operator: owner, At: e.Clock.Now()})
		})
		if err != nil {
			panic(err)
		}
		e.Exec(e.t, `update sign_on set proved_at = now() where workspace_id = $1`, ws)
		if f.Set("version", "1"); f.Has("required") {
			e.Exec(e.t, `update workspace set sign_on_break_glass = $2 where id = $1`, ws, owner)
			e.Exec(e.t, `update session set sign_on = jsonb_build_object((select sign_on_provider from workspace where id = $1), 0)
				where operator_id in (select operator_id from membership where workspace_id = $1 and role = 'owner')`, ws)
		}
		return f
	}
}

// noticeForm acknowledges a notice about a member: a new one if it is fresh.
func noticeForm(e *fleet, n *tenant, fresh bool) url.Values {
	if !fresh {
		return url.Values{"notice": {uuid.NewString()}}
	}
	var open []store.Notice
	err := e.InWorkspace(context.Background(), store.WholeWorkspace(n.workspace.ID), func(tx *store.Tx) error {
		err := tx.Notify(context.Background(), store.NewNotice{Kind: store.NoticeNewDevice, Operator: n.member.ID,
			At: e.Clock.Now()})
		if err == nil {
			open, _, err = tx.OpenNotices(context.Background(), 1)
		}
		return err
	})
	if err != nil {
		panic(err)
	}
	return url.Values{"notice": {open[0].ID.String()}}
}

// tokenForm asks for an access token for the least that anybody has.
func tokenForm(*fleet, *tenant, bool) url.Values {
	return url.Values{"run_id": {uuid.NewString()}, "name": {"program " + rand.Text()}, "days": {"7"},
		"role": {"auditor"}, "reach": {"all"}, "password": {storetest.Password}}
}

// unknownInvitation names an invitation that nobody else tries: attempts at one
// are slowed down, no matter who makes them.
func unknownInvitation(*fleet, *tenant, bool) url.Values {
	return url.Values{"token": {rand.Text()}, "password": {storetest.Password}}
}

func nineFields(e *fleet, n *tenant, _ bool) url.Values {
	f := url.Values{}
	for name, value := range e.fieldsOf(n) {
		f.Set(name, value)
	}
	return f
}

func mappingForm(_ *fleet, n *tenant, _ bool) url.Values {
	id := n.org.ID.String()
	return url.Values{"row": {id}, "account." + id: {n.account.AccountID}, "directory_key." + id: {n.directory}}
}

// asItIsNow reads a tenant's organization again: what was asked before may have
// changed it.
func (e *fleet) asItIsNow(n *tenant) (now store.Organization) {
	err := e.InWorkspace(context.Background(), store.WholeWorkspace(n.workspace.ID), func(tx *store.Tx) error {
		found, err := tx.OrganizationsByID(context.Background(), []uuid.UUID{n.org.ID})
		if err == nil {
			now = found[0]
		}
		return err
	})
	if err != nil {
		panic(err)
	}
	return now
}

// detailsForm changes an organization's tags; the revision is read again, since
// visitors before may have changed it.
func detailsForm(e *fleet, n *tenant, fresh bool) url.Values {
	revision := n.org.Revision
	if fresh {
		revision = e.asItIsNow(n).Revision
	}
	return url.Values{"revision": {strconv.Itoa(revision)}, "name": {n.org.Name}, "tags": {rand.Text()}, "color": {"3"}}
}

// ownCandidate leaves keys of the organization's own behind that Duo does not
// accept.
func ownCandidate(e *fleet, n *tenant, fresh bool) url.Values {
	if fresh {
		a := e.Sim.AddParent("Elsewhere " + rand.Text())
		actor := e.Actor(catalog.Owner)
		if n == &e.foreign {
			actor = e.ActorOf(e.otherOwner, catalog.Owner)
		}
		typed := map[string]string{"own_host": a.APIHostname,
			"own_integration_key": a.Application(duosim.AdminAPI).IntegrationKey,
			"own_secret_key":      strings.Repeat("x", 40)}
		if refused, _, err := e.Setup().SaveKeys(context.Background(), store.WholeWorkspace(n.workspace.ID), actor,
			setup.OfOrganization(e.asItIsNow(n), store.AdminAPI), typed); err != nil || refused != nil {
			panic(err)
		}
	}
	return url.Values{}
}

// authCandidate leaves Auth API keys of the organization's own behind that Duo
// does not accept.
func authCandidate(e *fleet, n *tenant, fresh bool) url.Values {
	if fresh {
		actor := e.Actor(catalog.Owner)
		if n == &e.foreign {
			actor = e.ActorOf(e.otherOwner, catalog.Owner)
		}
		typed := map[string]string{"ownauth_host": e.asItIsNow(n).APIHostname,
			"ownauth_integration_key": e.Sim.AddApplication(n.account.AccountID, duosim.AuthAPI).IntegrationKey,
			"ownauth_secret_key":      strings.Repeat("x", 40)}
		if refused, _, err := e.Setup().SaveKeys(context.Background(), store.WholeWorkspace(n.workspace.ID), actor,
			setup.OfOrganization(e.asItIsNow(n), store.AuthAPI), typed); err != nil || refused != nil {
			panic(fmt.Sprint(err, refused))
		}
	}
	return url.Values{}
}

// candidates leaves a candidate of each API behind that Duo does not accept.
func candidates(e *fleet, n *tenant, fresh bool) url.Values {
	typed := e.fieldsOf(n)
	for name := range typed {
		if setup.SecretField(name) {
			typed[name] = strings.Repeat("x", 40)
		}
	}
	if fresh {
		actor := e.Actor(catalog.Owner)
		if n == &e.foreign {
			actor = e.ActorOf(e.otherOwner, catalog.Owner)
		}
		if refused, _, err := e.Setup().SaveKeys(context.Background(), store.WholeWorkspace(n.workspace.ID), actor,
			setup.Nine(), typed); err != nil || refused != nil {
			panic(err)
		}
	}
	return url.Values{}
}
