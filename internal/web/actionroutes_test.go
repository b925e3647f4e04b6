package web

import (
	"crypto/rand"
	"fmt"
	mathrand "math/rand/v2"
	"net/url"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
	"duodesk/internal/web/actions"
)

// actionRoutes has, for each action, the least that a role may do with it.
var actionRoutes = map[string]knownRoute{
	"list-accounts":  {least: catalog.Administrator, whole: true, ok: found, form: fieldsForm()},
	"create-account": {least: catalog.Administrator, whole: true, ok: found, form: fieldsForm("name", "One more")},
	"delete-account": {least: catalog.Owner, whole: true, ok: moved,
		form: actionForm(func(e *fleet, n *tenant, f url.Values) {
			parent := e.Parent.AccountID
			if n == &e.foreign {
				parent = e.otherParent.AccountID
			}
			f.Set("account_id", e.Sim.AddChild(parent, "Gone").AccountID)
			f.Set("confirm", "Gone")
			setAgreed(f)
		})},
	"accounts-api-action": {least: catalog.Administrator, whole: true, ok: found,
		form: fieldsForm("method", "post", "path", "/accounts/v1/account/list")},
	"auth-api-action": {least: catalog.Administrator, ok: found,
		form: fieldsForm("method", "get", "path", "/auth/v2/check")},
	"admin-api-action": {least: catalog.Administrator, ok: found,
		form: fieldsForm("method", "get", "path", "/admin/v1/info/summary")},

	"list-bypass-codes":              {least: catalog.Auditor, ok: found, form: fieldsForm()},
	"get-bypass-code":                {least: catalog.Auditor, ok: found, form: fieldsForm()},
	"list-bypass-codes-by-user":      {least: catalog.Auditor, ok: found, form: fieldsForm()},
	"retrieve-bypass-codes-for-user": {least: catalog.Auditor, ok: found, form: fieldsForm()},
	"list-phones":                    {least: catalog.Auditor, ok: found, form: fieldsForm()},
	"get-phone":                      {least: catalog.Auditor, ok: found, form: fieldsForm()},
	"get-users-phones":               {least: catalog.Auditor, ok: found, form: fieldsForm()},
	"retrieve-settings":              {least: catalog.Auditor, ok: found, form: fieldsForm()},
	"list-users":                     {least: catalog.Auditor, ok: found, form: fieldsForm()},
	"get-user-by-username":           {least: catalog.Auditor, ok: found, form: fieldsForm("username", "nobody")},
	"get-user":                       {least: catalog.Auditor, ok: found, form: fieldsForm()},
	"check-auth-api-credentials":     {least: catalog.Auditor, ok: found, form: fieldsForm()},
	"ping-auth-api":                  {least: catalog.Auditor, ok: found, form: fieldsForm()},
	"send-duo-authentication": {fields: true, least: catalog.Helpdesk, ok: moved,
		form: actionForm(func(e *fleet, n *tenant, f url.Values) {
			setAsked(e, n, f)
			f.Del("phone_id")
			f.Set("factor", "phone")
			setAgreed(f)
		})},
	"send-activation-by-sms": {fields: true, least: catalog.Helpdesk, ok: found,
		form: actionForm(func(e *fleet, n *tenant, f url.Values) {
			e.verified(n)
			setAgreed(f)
		})},
	"send-installation-by-sms": {least: catalog.Helpdesk, ok: moved, form: fieldsForm()},
	"send-passcode-by-sms":     {least: catalog.Helpdesk, ok: moved, form: fieldsForm()},

	"list-groups":               {least: catalog.Auditor, ok: found, form: fieldsForm()},
	"get-group":                 {least: catalog.Auditor, ok: found, form: fieldsForm()},
	"list-group-members":        {least: catalog.Auditor, ok: found, form: fieldsForm()},
	"list-hardware-tokens":      {least: catalog.Auditor, ok: found, form: fieldsForm()},
	"list-webauthn-credentials": {least: catalog.Auditor, ok: found, form: fieldsForm()},
	"list-administrators":       {least: catalog.Auditor, ok: found, form: fieldsForm()},
	"get-account-summary":       {least: catalog.Auditor, ok: found, form: fieldsForm()},
	"get-edition":               {least: catalog.Auditor, ok: found, form: fieldsForm()},
	"get-telephony-credits":     {least: catalog.Auditor, ok: found, form: fieldsForm()},
	"get-user-limit":            {least: catalog.Auditor, ok: found, form: fieldsForm()},
	"read-authentication-log":   {least: catalog.Auditor, ok: found, form: fieldsForm()},
	"read-activity-log":         {least: catalog.Auditor, ok: found, form: fieldsForm()},
	"read-telephony-log":        {least: catalog.Auditor, ok: found, form: fieldsForm()},
	"read-administrator-log":    {least: catalog.Auditor, ok: found, form: fieldsForm()},
	"list-integrations":         {least: catalog.Administrator, ok: found, form: fieldsForm()},
	"preauth-user":              {least: catalog.Helpdesk, ok: found, form: fieldsForm()},
	"auth-enroll-user":          {least: catalog.Technician, ok: found, form: fieldsForm()},
	"auth-enroll-status": {least: catalog.Technician, ok: found,
		form: fieldsForm("activation_code", "duo://example")},
	"create-auth-api-integration": {least: catalog.Owner, ok: found, form: fieldsForm("name", "Desk")},

	"update-settings": {least: catalog.Administrator, ok: moved,
		form: actionForm(func(_ *fleet, _ *tenant, f url.Values) {
			f.Set("lockout_threshold", strconv.Itoa(1+mathrand.IntN(9999)))
			f.Set("reviewed", "1")
		})},
	"enroll-user": {fields: true, least: catalog.Technician, ok: found,
		form: actionForm(func(_ *fleet, _ *tenant, f url.Values) {
			f.Set("username", "new."+rand.Text())
			f.Set("email", "new@client.example")
			setAgreed(f)
		})},
	"create-group": {least: catalog.Technician, ok: found, form: actionForm(func(_ *fleet, n *tenant, f url.Values) {
		f.Set("name", n.canary+rand.Text())
		setAgreed(f)
	})},
	"modify-group": {least: catalog.Technician, ok: found, form: actionForm(func(e *fleet, n *tenant, f url.Values) {
		f.Set("group_id", e.Sim.AddGroup(n.account.AccountID, n.canary+rand.Text(), ""))
		f.Set("desc", rand.Text())
		f.Set("reviewed", "1")
	})},
	"delete-group": {least: catalog.Administrator, ok: moved, form: actionForm(func(e *fleet, n *tenant, f url.Values) {
		f.Set("group_id", e.Sim.AddGroup(n.account.AccountID, n.canary+rand.Text(), ""))
		setAgreed(f)
	})},
	"assign-hardware-token-to-user": {least: catalog.Technician, ok: moved,
		form: actionForm(func(e *fleet, n *tenant, f url.Values) {
			f.Set("token_id", e.Sim.AddToken(n.account.AccountID, duosim.TokenSpec{Serial: n.canary}))
			setAgreed(f)
		})},
	"un-assign-hardware-token-from-user": {least: catalog.Technician, ok: moved,
		form: actionForm(func(e *fleet, n *tenant, f url.Values) {
			f.Set("token_id", e.Sim.AddToken(n.account.AccountID,
				duosim.TokenSpec{Serial: n.canary, UserIDs: []string{n.user}}))
			setAgreed(f)
		})},
	"delete-hardware-token": {least: catalog.Technician, ok: moved,
		form: actionForm(func(e *fleet, n *tenant, f url.Values) {
			f.Set("token_id", e.Sim.AddToken(n.account.AccountID, duosim.TokenSpec{Serial: n.canary}))
			setAgreed(f)
		})},
	"delete-webauthn-credential": {least: catalog.Technician, ok: moved,
		form: actionForm(func(e *fleet, n *tenant, f url.Values) {
			f.Set("webauthnkey", e.Sim.AddCredential(n.account.AccountID,
				duosim.CredentialSpec{UserID: n.user, Name: n.canary}))
			setAgreed(f)
		})},
	"set-edition": {least: catalog.Owner, ok: moved, form: actionForm(func(e *fleet, n *tenant, f url.Values) {
		f.Set("edition", anotherEdition(n.account.AccountID))
		setAgreed(f)
	})},
	"set-telephony-credits": {least: catalog.Owner, ok: found,
		form: actionForm(func(e *fleet, n *tenant, f url.Values) {
			e.Sim.SetCredits(n.account.AccountID, 100)
			f.Set("credits", "101")
			setAgreed(f)
		})},

	"verify-caller": {least: catalog.Helpdesk, ok: found, form: actionForm(func(e *fleet, n *tenant, f url.Values) {
		setAsked(e, n, f)
	})},
	"delete-bypass-code": {least: catalog.Technician, ok: moved,
		form: actionForm(func(e *fleet, n *tenant, f url.Values) {
			f.Set("bypass_code_id", e.Sim.AddBypassCode(n.account.AccountID, n.user, duosim.BypassSpec{}))
		})},
	"create-bypass-code-for-user": {least: catalog.Helpdesk, ok: found,
		form: actionForm(func(_ *fleet, n *tenant, f url.Values) {
			f.Set("user_id", n.user)
			f.Set("preserve_existing", "true")
		})},
	"send-activation-url": {least: catalog.Helpdesk, ok: found,
		form: actionForm(func(e *fleet, n *tenant, f url.Values) {
			e.verified(n)
			f.Set("phone_id", n.phone)
		})},
	"assign-phone-to-user": {least: catalog.Technician, ok: moved,
		form: actionForm(func(e *fleet, n *tenant, f url.Values) {
			f.Set("user_id", n.user)
			f.Set("phone_id", e.Sim.AddPhone(n.account.AccountID, duosim.PhoneSpec{Name: n.canary}))
		})},
	"un-assign-phone-from-user": {least: catalog.Technician, ok: moved,
		form: actionForm(func(e *fleet, n *tenant, f url.Values) {
			f.Set("user_id", n.user)
			f.Set("phone_id", e.Sim.AddPhone(n.account.AccountID,
				duosim.PhoneSpec{Name: n.canary, UserIDs: []string{n.user}}))
		})},
	"create-user": {least: catalog.Technician, ok: moved,
		form: actionForm(func(_ *fleet, _ *tenant, f url.Values) { f.Set("username", "new."+rand.Text()) })},
	"update-user": {least: catalog.Technician, ok: moved, form: actionForm(func(_ *fleet, n *tenant, f url.Values) {
		f.Set("user_id", n.user)
		f.Set("notes", rand.Text())
		f.Set("reviewed", "1")
	})},
	"create-phone": {least: catalog.Technician, ok: moved, form: actionForm(func(_ *fleet, n *tenant, f url.Values) {
		f.Del("phone_id")
		f.Set("number", fmt.Sprintf("+1202%07d", mathrand.IntN(10_000_000)))
	})},
	"modify-phone": {least: catalog.Technician, ok: moved, form: actionForm(func(_ *fleet, n *tenant, f url.Values) {
		f.Set("name", n.canary+rand.Text())
		f.Set("reviewed", "1")
	})},
	"delete-phone-by-id": {least: catalog.Technician, ok: moved,
		form: actionForm(func(e *fleet, n *tenant, f url.Values) {
			f.Set("phone_id", e.Sim.AddPhone(n.account.AccountID,
				duosim.PhoneSpec{Name: n.canary, UserIDs: []string{n.user}}))
			f.Set("user_ids", n.user)
		})},
	"associate-group-with-user": {least: catalog.Technician, ok: moved,
		form: actionForm(func(e *fleet, n *tenant, f url.Values) {
			f.Set("group_id", e.Sim.AddGroup(n.account.AccountID, n.canary+rand.Text(), ""))
		})},
	"disassociate-group-from-user": {least: catalog.Technician, ok: moved,
		form: actionForm(func(e *fleet, n *tenant, f url.Values) {
			f.Set("group_id", e.Sim.AddGroup(n.account.AccountID, n.canary+rand.Text(), "", n.user))
		})},
	"unlock-user": {least: catalog.Helpdesk, ok: moved, form: actionForm(func(e *fleet, n *tenant, f url.Values) {
		f.Set("user_id", e.Sim.AddUser(n.account.AccountID,
			duosim.UserSpec{Username: rand.Text(), Status: duosim.LockedOut}))
	})},
	"delete-user": {least: catalog.Technician, ok: moved, form: actionForm(func(e *fleet, n *tenant, f url.Values) {
		f.Set("user_id", e.Sim.AddUser(n.account.AccountID, duosim.UserSpec{Username: rand.Text()}))
	})},
	"synchronize-users": {least: catalog.Technician, ok: moved,
		form: actionForm(func(e *fleet, n *tenant, f url.Values) {
			name := "person." + rand.Text()
			f.Set("username", name)
			e.Sim.ChangeDirectory(n.account.AccountID, n.directory, duosim.Person{Username: name})
		})},
	"restore-user": {least: catalog.Technician, ok: moved, form: actionForm(func(e *fleet, n *tenant, f url.Values) {
		f.Set("user_id", e.trashed(n))
	})},
}

// verified puts on record that the tenant's user has just approved a verification,
// so that a help desk may activate a phone of theirs.
func (e *fleet) verified(n *tenant) {
	now := e.Clock.Now()
	phone := e.Sim.AddPhone(n.account.AccountID, duosim.PhoneSpec{Name: n.canary, Activated: true,
		ActivatedAt: now.Add(-48 * time.Hour), UserIDs: []string{n.user}})
	e.record(n, "verify-caller", map[string]string{"user_id": n.user, "phone_id": phone}, map[string]string{},
		"approved", now)
}

// trashed makes a user that the console has moved to the trash, as the record and
// Duo's log have it, so that a technician may restore them.
func (e *fleet) trashed(n *tenant) string {
	name, now := rand.Text(), e.Clock.Now()
	user := e.Sim.AddUser(n.account.AccountID, duosim.UserSpec{Username: name, Status: duosim.PendingDeletion})
	e.Sim.AddActivity(n.account.AccountID, "user_bulk_send_to_trash", user, name)
	e.record(n, "delete-user", map[string]string{"user_id": user},
		map[string]string{"username": name, "status": "active", "groups": ""}, "", now)
	return user
}

// record puts an applied run of a tenant's organization on record.
func (e *fleet) record(n *tenant, action string, input, before map[string]string, answer string, at time.Time) {
	owner := e.Owner
	if n.workspace.ID != e.Workspace.ID {
		owner = e.otherOwner
	}
	e.Exec(e.t,
		`insert into run (workspace_id, id, organization_id, account_id, operator_id, action, input, before, input_mac, ticket, state, answer, summary, started_at, finished_at, subject)
		values ($1, gen_random_uuid(), $2, $3, $4, $5, $6, $7, '', '', 'applied', $8, '', $9, $9, '')`,
		n.workspace.ID, n.org.ID, n.org.AccountID, owner.ID, action, input, before, answer, at)
}

func actionForm(fill func(*fleet, *tenant, url.Values)) func(*fleet, *tenant, bool) url.Values {
	return func(e *fleet, n *tenant, fresh bool) url.Values {
		f := url.Values{"run_id": {uuid.NewString()}, "user_id": {n.user}, "phone_id": {n.phone},
			"bypass_code_id": {n.code}, "group_id": {n.group}, "directory_key": {n.directory}}
		if fresh {
			fill(e, n, f)
		}
		return f
	}
}

// setAsked names a user who was not asked yet, and a phone that a push reaches.
func setAsked(e *fleet, n *tenant, f url.Values) {
	user := e.Sim.AddUser(n.account.AccountID, duosim.UserSpec{Username: n.canary + rand.Text()})
	f.Set("user_id", user)
	f.Set("phone_id", e.Sim.AddPhone(n.account.AccountID,
		duosim.PhoneSpec{Name: n.canary, Number: "+15550100198", Activated: true, UserIDs: []string{user}}))
}

// fieldsForm makes a form that is made of an action's fields, and that its
// question was answered with yes.
func fieldsForm(pairs ...string) func(*fleet, *tenant, bool) url.Values {
	return actionForm(func(_ *fleet, _ *tenant, f url.Values) {
		for i := 0; i < len(pairs); i += 2 {
			f.Set(pairs[i], pairs[i+1])
		}
		setAgreed(f)
	})
}

var editionsSet sync.Map // of an account: how often its edition was set

// anotherEdition is one that the account does not have, if each is set that this
// returns.
func anotherEdition(account string) string {
	n, _ := editionsSet.LoadOrStore(account, new(atomic.Int32))
	return []string{"beyond", "enterprise", "platform"}[(n.(*atomic.Int32).Add(1)-1)%3]
}

func setAgreed(f url.Values) { f.Set("agreed", "1") }

// actionAddress is where the known form of an action is sent to, below an organization or a workspace.
func actionAddress(at, slug string) string {
	action, _ := catalog.Lookup(slug)
	if at += "/actions/" + slug; actionRoutes[slug].fields || !actions.HasOwnSheet(action) {
		at += "/form"
	}
	return at
}
