package duosim

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

// The states of a user.
const (
	Active          = "active"
	Bypass          = "bypass"
	Disabled        = "disabled"
	LockedOut       = "locked out"
	PendingDeletion = "pending deletion"
)

const maxAliases = 8

func (c *call) user() (*user, *refusal) {
	u := c.account.user(c.path["user_id"])
	if u == nil {
		return nil, refuse(40401)
	}
	return u, nil
}

// listUsers lists a page of users, or looks some up. A look-up is not paged and carries no metadata (our choice).
func (c *call) listUsers() (any, *refusal) {
	view := func(u *user) map[string]any { return c.account.userView(u) }
	lookups := slices.DeleteFunc([]string{"username", "email", "user_id_list", "username_list"},
		func(name string) bool { return !c.given(name) })
	if len(lookups) > 1 {
		return nil, refuse(40002, lookups[1])
	}
	if len(lookups) == 0 {
		users, no := page(c, c.account.Users, 100, 300)
		return each(users, view), no
	}
	name, value := lookups[0], c.param(lookups[0])
	if strings.HasSuffix(name, "_list") {
		wanted, no := c.list(name)
		if no != nil {
			return nil, no
		}
		found := []*user{}
		for _, one := range wanted {
			u := c.account.user(one)
			if name == "username_list" {
				u = c.account.userNamed(one)
			}
			if u != nil && !slices.Contains(found, u) {
				found = append(found, u)
			}
		}
		return each(found, view), nil
	}
	matches := func(u *user) bool { return u.Email != "" && strings.EqualFold(u.Email, value) }
	if name == "username" {
		named := c.account.userNamed(value)
		matches = func(u *user) bool { return u == named }
	}
	found := slices.DeleteFunc(slices.Clone(c.account.Users), func(u *user) bool { return !matches(u) })
	return each(found, view), nil
}

func (c *call) getUser() (any, *refusal) {
	u, no := c.user()
	if no != nil {
		return nil, no
	}
	return c.account.userView(u), nil
}

func (c *call) createUser() (any, *refusal) {
	if _, no := c.required("username"); no != nil {
		return nil, no
	}
	u := &user{UserID: c.sim.ids.object("DU"), Status: Active, EnableAutoPrompt: true, Created: c.now.Unix(),
		Aliases: map[string]string{}}
	if no := c.applyUserParams(u); no != nil {
		return nil, no
	}
	c.account.Users = append(c.account.Users, u)
	c.record(u.Username)
	return c.account.userView(u), nil
}

func (c *call) updateUser() (any, *refusal) {
	u, no := c.user()
	if no != nil {
		return nil, no
	}
	changed := *u
	if no := c.applyUserParams(&changed); no != nil {
		return nil, no
	}
	*u = changed
	c.record(u.Username)
	return c.account.userView(u), nil
}

// deleteUser is at once and for good; the trash is reached only by sendUsersToTrash. Phones stay behind.
func (c *call) deleteUser() (any, *refusal) {
	u, no := c.user()
	if no != nil {
		return "", nil
	}
	c.account.removeUser(u)
	c.record(u.Username)
	return "", nil
}

// removeUser takes with a user what nobody else can have: the WebAuthn credentials, and logins under way.
func (a *account) removeUser(u *user) {
	a.Users = slices.DeleteFunc(a.Users, func(other *user) bool { return other == u })
	a.Credentials = slices.DeleteFunc(a.Credentials, func(k *credential) bool { return k.UserID == u.UserID })
	a.Pushes = slices.DeleteFunc(a.Pushes, func(p *push) bool { return p.UserID == u.UserID })
}

func (c *call) applyUserParams(u *user) *refusal {
	if c.given("username") {
		username := strings.ToLower(strings.TrimSpace(c.param("username"))) // that Duo stores lower case is presumed
		if username == "" {
			return refuse(40002, "username")
		}
		if c.nameTaken(u, username) {
			return refuse(40003)
		}
		u.Username = username
	}
	if no := c.applyAliases(u); no != nil {
		return no
	}
	if no := c.applyCustomAttributes(u); no != nil {
		return no
	}
	if no := c.applyStatus(u); no != nil {
		return no
	}
	prompt, no := c.boolean("enable_auto_prompt", u.EnableAutoPrompt)
	if no != nil {
		return no
	}
	u.EnableAutoPrompt = prompt
	for name, field := range map[string]*string{
		"realname": &u.Realname, "firstname": &u.Firstname, "lastname": &u.Lastname, "email": &u.Email,
		"notes": &u.Notes,
	} {
		if c.given(name) {
			*field = c.param(name)
		}
	}
	return nil
}

// applyStatus sets a status that may be set from outside. Setting active unlocks; a user in the trash is changed only
// by restoring (our choice).
func (c *call) applyStatus(u *user) *refusal {
	status := strings.ToLower(c.param("status"))
	if !c.given("status") || status == u.Status {
		return nil
	}
	if u.Status == PendingDeletion || !slices.Contains([]string{Active, Bypass, Disabled}, status) {
		return refuse(40002, "status")
	}
	u.unlock()
	u.Status = status
	if status == Disabled {
		u.LockoutReason = "Admin API disabled" // presumed
	}
	return nil
}

// applyAliases takes either alias1 … alias4 or one "aliases" text of URL-encoded pairs. Positions that are not named
// stay, empty ones are cleared.
func (c *call) applyAliases(u *user) *refusal {
	var changes []pair
	for i := 1; i <= 4; i++ {
		if name := fmt.Sprintf("alias%d", i); c.given(name) {
			changes = append(changes, pair{name, c.param(name)})
		}
	}
	if text := c.param("aliases"); text != "" {
		values, err := url.ParseQuery(text)
		if err != nil || len(changes) > 0 {
			return refuse(40002, "aliases")
		}
		for position, value := range values {
			changes = append(changes, pair{position, value[0]})
		}
	}
	aliases := map[string]string{}
	for position, alias := range u.Aliases {
		aliases[position] = alias
	}
	for _, change := range changes {
		if !aliasPosition(change.key) {
			return refuse(40002, "aliases")
		}
		delete(aliases, change.key)
		if change.value == "" {
			continue
		}
		if utf8.RuneCountInString(change.value) > maxName {
			return refuse(40002, "aliases")
		}
		if c.nameTaken(u, change.value) {
			return refuse(40003)
		}
		aliases[change.key] = change.value
	}
	u.Aliases = aliases
	return nil
}

func aliasPosition(name string) bool {
	number, isAlias := strings.CutPrefix(name, "alias")
	return isAlias && len(number) == 1 && number >= "1" && number <= fmt.Sprint(maxAliases)
}

func (c *call) nameTaken(u *user, name string) bool {
	other := c.account.userNamed(name)
	return other != nil && other.UserID != u.UserID
}

// reducedView is the user as it stands inside phones and bypass codes.
func (a *account) reducedView(u *user) map[string]any {
	view := map[string]any{
		"aliases": u.Aliases, "created": u.Created, "email": u.Email, "firstname": u.Firstname,
		"is_enrolled": a.enrolled(u), "last_directory_sync": u.LastDirectorySync, "last_login": u.LastLogin,
		"lastname": u.Lastname, "notes": u.Notes, "realname": u.Realname, "status": u.Status,
		"user_id": u.UserID, "username": u.Username,
	}
	for i := 1; i <= 4; i++ {
		position := fmt.Sprintf("alias%d", i)
		view[position] = textOrNull(u.Aliases[position])
	}
	return view
}

func (a *account) userView(u *user) map[string]any {
	view := a.reducedView(u)
	view["custom_attributes"] = orEmpty(u.CustomAttributes)
	view["desktop_authenticators"] = []any{}
	view["desktoptokens"] = []any{}
	view["enable_auto_prompt"] = u.EnableAutoPrompt
	view["groups"] = each(a.groupsOf(u), a.groupView)
	view["lockout_reason"] = textOrNull(u.LockoutReason)
	view["phones"] = each(a.phonesOf(u), a.phoneView)
	view["tokens"] = each(a.tokensOf(u), userTokenView)
	view["u2ftokens"] = []any{}
	view["webauthncredentials"] = each(a.credentialsOf(u), userCredentialView)
	if u.DirectoryKey != "" {
		view["directory_key"] = u.DirectoryKey
		view["external_id"] = u.Username
	}
	return view
}

// enrolled is our rule: a device that can authenticate, or a bypass code.
func (a *account) enrolled(u *user) bool {
	usable := func(p *phone) bool { return len(a.capabilities(p)) > 0 }
	return len(u.BypassCodes)+len(u.TokenIDs)+len(a.credentialsOf(u)) > 0 || slices.ContainsFunc(a.phonesOf(u), usable)
}

func textOrNull(text string) any {
	if text == "" {
		return nil
	}
	return text
}
