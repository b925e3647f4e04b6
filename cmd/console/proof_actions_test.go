//go:build proof

package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/duo/duosim"
	"duodesk/internal/run"
	"duodesk/internal/run/members"
	"duodesk/internal/run/setup"
	"duodesk/internal/store"
)

// documentedActions is how many actions the source document has: the catalogue
// begins with them.
const documentedActions = 36

// deed is one action with what is filled in, form after form: $user and the like
// stand for what things holds.
type deed struct {
	fields  map[string]string
	then    map[string]string // what the forms after the first ask for besides
	query   string            // of the page that a person comes by
	byHand  map[string]string // fields, where the page has others than the API
	changes bool              // has an effect in Duo
	says    string            // on the page of the result, and in the answer of the API
}

var deeds = map[string]deed{
	"list-accounts":  {says: "Bakery"},
	"create-account": {fields: fields("name", "$new Dental"), changes: true, says: "Created"},
	"delete-account": {fields: fields("account_id", "$account"), then: fields("confirm", "$account name"),
		changes: true, says: "Deleted"},
	"accounts-api-action": {fields: fields("method", "post", "path", "/accounts/v1/account/list"), says: "Bakery"},

	"list-bypass-codes": {says: "$user"},
	"get-bypass-code":   {fields: fields("bypass_code_id", "$code"), says: "$user"},
	"delete-bypass-code": {fields: fields("bypass_code_id", "$code to delete"), changes: true,
		says: "Deleted"},
	"list-bypass-codes-by-user": {fields: fields("user_id", "$user"), says: "$code"},
	"create-bypass-code-for-user": {fields: fields("user_id", "$user", "count", "2", "valid_secs", "7200"),
		changes: true, says: "2 bypass codes"},
	"retrieve-bypass-codes-for-user": {fields: fields("user_id", "$user"), says: "$code"},

	"auth-api-action":  {fields: fields("method", "get", "path", "/auth/v2/check"), says: "time"},
	"admin-api-action": {fields: fields("method", "get", "path", "/admin/v1/users"), says: "$user"},

	"list-phones":              {says: "$phone"},
	"get-phone":                {fields: fields("phone_id", "$phone"), says: "$phone"},
	"delete-phone-by-id":       {fields: fields("phone_id", "$phone to delete"), changes: true, says: "Deleted"},
	"send-activation-url":      {fields: fields("phone_id", "$phone"), changes: true, says: "link"},
	"send-activation-by-sms":   {fields: fields("phone_id", "$phone"), changes: true, says: "Sent"},
	"send-installation-by-sms": {fields: fields("phone_id", "$phone"), changes: true, says: "Sent"},
	"send-passcode-by-sms":     {fields: fields("phone_id", "$phone"), changes: true, says: "Sent"},

	"get-users-phones": {fields: fields("user_id", "$user"), says: "$phone"},
	"assign-phone-to-user": {fields: fields("user_id", "$user", "phone_id", "$free phone"), changes: true,
		says: "Attached"},
	"un-assign-phone-from-user": {fields: fields("user_id", "$user", "phone_id", "$spare phone"), changes: true,
		says: "$user"},
	"create-phone": {fields: fields("number", "+44 20 7946 $digits", "name", "Reception"), changes: true,
		says: "Created"},

	"retrieve-settings": {says: "ockout"},
	"update-settings":   {fields: fields("lockout_threshold", "$few"), changes: true, says: "Changed"},

	"list-users":           {says: "$user"},
	"get-user-by-username": {fields: fields("username", "$username"), says: "$user"},
	"create-user": {fields: fields("username", "$new.person", "realname", "New Person", "email",
		"$new@client.example"), changes: true, says: "Created"},
	"get-user": {fields: fields("user_id", "$user"), says: "$user"},
	"update-user": {fields: fields("user_id", "$user"), then: fields("notes", "Moved to another branch"),
		changes: true, says: "Changed notes"},
	"delete-user": {fields: fields("user_id", "$user to delete"), changes: true, says: "trash"},
	"enroll-user": {fields: fields("username", "$new.joiner", "email", "$new.joiner@client.example"),
		changes: true, says: "Sent"},
	"synchronize-users": {fields: fields("directory_key", "$directory", "username", "$new.joined"),
		byHand: fields("usernames", "$new.joined"), changes: true, says: "$new.joined"},

	"check-auth-api-credentials": {says: "keys work"},
	"ping-auth-api":              {says: "Duo answered after"},
	"send-duo-authentication": {fields: fields("user_id", "$asked", "factor", "push"), query: "?user_id=$asked",
		changes: true, says: "Approved"},
}

func fields(pairs ...string) map[string]string {
	all := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		all[pairs[i]] = pairs[i+1]
	}
	return all
}

// thing is what a deed is about: as a person types it, and as Duo calls it.
type thing struct{ typed, id string }

// bakery is the client that the deeds are done to.
const bakery = "Cedar Row Bakery"

// furnish puts what the deeds are about into the bakery's account, under names of
// their own for each who does them.
func (d *desk) furnish(account duosim.Account, parent, who string) map[string]thing {
	id, digits := account.AccountID, map[string]string{"hand": "012", "curl": "013", "named": "014"}[who]
	phone := func(last string, mobile bool, owners ...string) thing {
		spec := duosim.PhoneSpec{Number: "+44207946" + digits + last, UserIDs: owners}
		if mobile {
			spec.Type, spec.Platform, spec.Model, spec.Activated = "Mobile", "Apple iOS", "iPhone 15", true
		}
		return thing{spec.Number, d.sim.AddPhone(id, spec)}
	}
	user := thing{who + ".ada", d.sim.AddUser(id, duosim.UserSpec{Username: who + ".ada", Realname: "Ada of " + who})}
	code := d.sim.AddBypassCode(id, user.id, duosim.BypassSpec{})
	toDelete := d.sim.AddBypassCode(id, user.id, duosim.BypassSpec{})
	directory := d.sim.AddDirectory(id, duosim.DirectorySpec{Name: who + " directory",
		People: []duosim.Person{{Username: "new." + who + ".joined", Realname: "From the directory"}}})
	asked := thing{who + ".grace", d.sim.AddUser(id, duosim.UserSpec{Username: who + ".grace"})}
	phone("5", true, asked.id)
	closing := d.sim.AddChild(parent, "Closing "+who)
	return map[string]thing{
		"user": user, "username": {user.typed, user.typed}, "asked": asked,
		"user to delete": {who + ".leaver", d.sim.AddUser(id, duosim.UserSpec{Username: who + ".leaver"})},
		"phone":          phone("1", true, user.id), "spare phone": phone("2", false, user.id),
		"phone to delete": phone("3", false), "free phone": phone("4", false),
		"code": {code, code}, "code to delete": {toDelete, toDelete}, "directory": {directory, directory},
		"account": {closing.Name, closing.AccountID}, "account name": {closing.Name, closing.Name},
		"new":    {"new." + who, "new." + who},
		"digits": {digits + "9", digits + "9"}, "few": {map[string]string{"hand": "4", "curl": "6"}[who],
			map[string]string{"hand": "4", "curl": "6"}[who]},
	}
}

// filled puts what is meant in the place of $name, the longest name first.
func filled(text string, things map[string]thing, what func(thing) string) string {
	names := slices.SortedFunc(maps.Keys(things), func(a, b string) int { return len(b) - len(a) })
	for _, name := range names {
		text = strings.ReplaceAll(text, "$"+name, what(things[name]))
	}
	return text
}

func asTyped(t thing) string { return t.typed }
func asID(t thing) string    { return t.id }

// TestProofActions does every action of the source document twice against the
// simulator: by hand in a browser, and with curl as a program.
func TestProofActions(t *testing.T) {
	t.Parallel()
	d := startDesk(t)
	accounts := d.sim.Accounts()
	parent := accounts[slices.IndexFunc(accounts,
		func(a duosim.Account) bool { return a.Parent && a.Application(duosim.AccountsAPI).SecretKey != "" })]
	account := d.sim.AddChild(parent.AccountID, bakery)
	byHand, byCurl := d.furnish(account, parent.AccountID, "hand"), d.furnish(account, parent.AccountID, "curl")
	d.connect()
	org := d.organization("cedar-row-bakery")
	d.listDirectories(byHand["directory"].id, byCurl["directory"].id)
	p := newPage(t, pageOptions{Width: 1366, Height: 768})
	d.signIn(p)
	p.open(org + "/connection")
	p.follow("button[formaction$='/provision']")
	p.contains("The Auth API accepts these keys")
	program := d.curler(catalog.Acts()...)
	hands, curls := 0, 0
	for _, a := range catalog.All()[:documentedActions] {
		x, known := deeds[a.Slug]
		if !known {
			t.Errorf("%s: this proof does not know how to do it", a.Slug)
		}
		at := map[bool]string{true: d.home, false: org}[a.OfWorkspace()] + "/actions/" + a.Slug
		if t.Run("browser/"+a.Slug, func(t *testing.T) {
			p := newPage(t, pageOptions{Width: 1366, Height: 768})
			d.signIn(p)
			d.changes(t, x, func() { d.byHand(p, at, x, byHand) })
		}) {
			hands++
		}
		if t.Run("curl/"+a.Slug, func(t *testing.T) {
			d.changes(t, x, func() { program.do(t, strings.Replace(at, "/w/", "/api/v1/w/", 1), x, byCurl) })
		}) {
			curls++
		}
	}
	named, refused := d.tokensNameActions(t, d.furnish(account, parent.AccountID, "named"), account)
	fmt.Printf("%-34s of %d actions %d were done in a browser and %d with curl; a page asked for a factor %d times; "+
		"of %d actions that take one each time each was done by the token that names it, and refused to others %d times\n",
		"TestProofActions", documentedActions, hands, curls, d.confirmed.Load(), named, refused)
	if d.confirmed.Load() == 0 {
		t.Error("no page asked for a second factor again")
	}
}

// listDirectories makes the bakery's directory keys known to the console.
func (d *desk) listDirectories(keys ...string) {
	d.t.Helper()
	runner := runnerOf(d.config, d.db.Store)
	access, err := d.db.Access(d.t.Context(), d.owner.ID, d.ws.Slug, "cedar-row-bakery")
	if err != nil {
		d.t.Fatal(err)
	}
	for _, key := range keys {
		bad, err := setup.New(runner).AddDirectory(d.t.Context(), access.Scope,
			run.Actor{Operator: d.owner.ID, Role: catalog.Owner}, access.Organization, "Directory "+key, key)
		if err != nil || len(bad) > 0 {
			d.t.Fatal(err, bad)
		}
	}
}

// changes fails the test unless do has an effect in Duo exactly where the deed
// says so.
func (d *desk) changes(t *testing.T, x deed, do func()) {
	t.Helper()
	before := len(d.sim.Ledger())
	do()
	if done := d.sim.Ledger()[before:]; (len(done) > 0) != x.changes {
		t.Errorf("effects in Duo: %+v", done)
	}
}

// byHand opens an action's page, fills in one form after another, and reads the
// last page.
func (d *desk) byHand(p *page, at string, x deed, things map[string]thing) {
	p.t.Helper()
	p.open(at + filled(x.query, things, asID))
	p.snap("form-" + filepath.Base(at))
	form := "main form:has([name=run_id]):has(button.primary, button.danger)"
	all := map[string]string{}
	if maps.Copy(all, x.byHand); x.byHand == nil {
		maps.Copy(all, x.fields)
	}
	maps.Copy(all, x.then)
	fields := maps.Clone(all)
	maps.DeleteFunc(fields, func(name, _ string) bool { return p.count(form+" [name="+name+"]") == 0 })
	before := len(d.sim.Ledger())
	for range 4 { // the form, what else has to be said, and a question
		for name, text := range fields {
			p.enter(name, filled(text, things, asTyped))
		}
		p.follow(form + " button.primary, " + form + " button.danger")
		if strings.Contains(p.text("main"), "Confirm that it is you") {
			d.confirms(p)
			d.confirmed.Add(1)
		}
		if p.count("[aria-invalid=true]") > 0 {
			p.fatalf("refused: %s", p.text("main"))
		}
		if len(d.sim.Ledger()) > before || !evaluate[bool](p,
			call("css => !!document.querySelector(css)", form+" [name=run_id]")) {
			break
		}
		fields = maps.Clone(all)
		maps.DeleteFunc(fields,
			func(name, _ string) bool { return p.count(form+" [name="+name+"]:not([type=hidden])") == 0 })
	}
	if strings.HasSuffix(at, "/send-duo-authentication") {
		p.waitText(".live", "The push is on the device")
		d.approve(p.t)
		p.waitText("main", "Approved")
	}
	p.snap("result-" + filepath.Base(at))
	p.contains(filled(x.says, things, asTyped))
}

// enter gives a field of a form a value, whatever it is entered with.
func (p *page) enter(name, text string) {
	p.t.Helper()
	box := "main [name=" + name + "]"
	switch kind := evaluate[string](p, `(e => e ? e.type : "")(document.querySelector("`+box+`"))`); kind {
	case "":
		p.fatalf("the form has no field %s", name)
	case "radio":
		p.click(box + `[value="` + text + `"]`)
	case "select-one":
		p.choose(box, text)
	default:
		p.fill(box, text)
	}
}

// approve is what the owner of the device does.
func (d *desk) approve(t *testing.T) {
	t.Helper()
	for _, a := range d.sim.Accounts() {
		for _, push := range d.sim.Pushes(a.AccountID) {
			if push.Result == "" {
				if err := d.sim.AnswerPush(push.ID, duosim.Approve, ""); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

// curler asks with curl and an access token of the owner.
type curler struct {
	d     *desk
	token string
}

// curler makes a token that names these actions, of those that take a factor each time.
func (d *desk) curler(acts ...string) curler {
	d.t.Helper()
	runner := runnerOf(d.config, d.db.Store)
	text, _, err := members.New(runner).MakeToken(d.t.Context(), d.ws.ID, run.Actor{Operator: d.owner.ID}, store.Token{
		ID: uuid.New(), Name: "curl " + uuid.NewString(), Role: catalog.Owner.String(), Every: true, Acts: acts,
		ExpiresAt: time.Now().Add(time.Hour)})
	if err != nil {
		d.t.Fatal(err)
	}
	return curler{d, text}
}

// do sends an action as JSON, and reads the answer.
func (r curler) do(t *testing.T, at string, x deed, things map[string]thing) {
	t.Helper()
	body := map[string]string{}
	for name, text := range x.fields {
		body[name] = filled(text, things, asID)
	}
	for name, text := range x.then {
		body[name] = filled(text, things, asID)
	}
	sent, err := json.Marshal(map[string]any{"run_id": uuid.NewString(), "fields": body})
	if err != nil {
		t.Fatal(err)
	}
	answer := r.curl(t, "-H", "Content-Type: application/json", "--data", string(sent), at)
	if strings.HasSuffix(at, "/send-duo-authentication") {
		r.d.approve(t)
		var sent struct {
			Run string `json:"run_id"`
		}
		if err := json.Unmarshal([]byte(answer), &sent); err != nil {
			t.Fatal(err, answer)
		}
		for !strings.Contains(answer, `"finished_at":"`) && t.Context().Err() == nil {
			answer = r.curl(t, r.d.url+"/api/v1/w/"+r.d.ws.Slug+"/runs/"+sent.Run)
		}
	}
	for _, words := range []string{`"state":"applied"`, filled(x.says, things, asTyped)} {
		if !strings.Contains(answer, words) {
			t.Errorf("the answer does not say %s: %s", words, answer)
		}
	}
}

func (r curler) curl(t *testing.T, arguments ...string) string {
	t.Helper()
	said, err := exec.CommandContext(t.Context(), "curl",
		append([]string{"-sS", "-m", "30", "-H", "Authorization: Bearer " + r.token}, arguments...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	return string(said)
}
