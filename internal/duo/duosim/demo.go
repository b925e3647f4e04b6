package duosim

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// The estate's ids, keys and hosts come from this stream and are therefore the same on every machine. A change of
// the order in which the estate is built changes them all.
var demoSeed = [32]byte([]byte("duosim demo estate, version 1   "))

// demo builds the demo estate. Moments are relative to the clock, so that "yesterday" stays believable.
type demo struct {
	sim    *Sim
	parent *account
	now    time.Time
	people int // how many names of the pool are used up
}

func (s *Sim) buildDemo() {
	system := s.ids
	s.ids = identifiers{rand.NewChaCha8(demoSeed)}
	defer func() { s.ids = system }()

	d := &demo{sim: s, now: s.now()}
	d.parent = s.addParent("Northwind Managed IT")
	d.parent.APIHostname = apiHost("0a1b2c3d")
	d.staff(d.parent, 9, "northwind-it.example", usNumber("313", "248"))
	d.clients()
	d.faultyClients()
	d.dentalExceptions()
	d.furnish()
}

func (d *demo) clients() {
	d.dental()
	d.staff(d.child("Borealis Freight AB"), 24, "borealisfreight.example", swedishNumber)
	d.staff(d.child("Kestrel & Wren Architects LLP"), 14, "kestrelwren.example", britishNumber)
	d.staff(d.child("Sunrise Bakery"), 7, "sunrisebakery.example", usNumber("312"))
	d.staff(d.child("Sunrise Bakery"), 5, "sunrise-bakery-leeds.example", britishNumber)
	d.law()
	d.logistics()
	d.child("Blank Slate Ventures")
	d.staff(d.child("Müller & Söhne Maschinenbau GmbH"), 18, "mueller-soehne.example", germanNumber)
	d.staff(d.child("Okafor Physiotherapy Ltd"), 6, "okaforphysio.example", britishNumber)
	d.staff(d.child("Piñata Press, S.A. de C.V."), 11, "pinatapress.example", usNumber("915"))
	d.hostile()
}

// person is a hand-made user of the demo estate.
type person struct {
	name, username, status, reason, notes string
	aliases                               []string
	login                                 int // days ago; -1 never
	phones                                []phoneKind
}

// dental is the account to show: every status and every kind of phone, made by hand.
func (d *demo) dental() {
	a := d.child("Harbourlight Dental Group")
	a.APIHostname = apiHost("5e6f7a8b")
	d.ownKeys(a, AllGrants)
	people := []person{
		{name: "Amara Okonkwo", notes: "Practice owner", login: 0, phones: []phoneKind{iPhone, iPad},
			aliases: []string{"amara", "a.okonkwo@harbourlight.example"}},
		{name: "Jonas Lindqvist", login: 1, phones: []phoneKind{android}, aliases: []string{"jonas"}},
		{name: "Priya Raghunathan", login: 0, phones: []phoneKind{iPhone, landline}},
		{name: "Mateo Fernández Ruiz", username: "mateo.fernandez", login: 3, phones: []phoneKind{genericPhone}},
		{name: "Thị Mai Nguyễn", username: "mai.nguyen", login: 12, phones: []phoneKind{unknownPhone}},
		{name: "Dorothy Whitcombe", status: Bypass, notes: "In bypass while her phone is being repaired", login: 2,
			phones: []phoneKind{newIPhone}},
		{name: "Rasheed Al-Masri", status: LockedOut, reason: "Failed Attempts", login: 1,
			phones: []phoneKind{android}},
		{name: "Greta Holmquist", status: Disabled, reason: "Admin disabled", notes: "On leave until spring", login: 95,
			phones: []phoneKind{iPhone}},
		{name: "Tobias Krüger", username: "tobias.krueger", status: PendingDeletion, login: 44,
			phones: []phoneKind{android}},
		{name: "Naomi Takahashi", notes: "Starts on Monday", login: -1},
		{name: "Ifeoma Bright", status: LockedOut, reason: "Not enrolled", login: -1},
		{name: "Front Desk", username: "frontdesk", notes: "Shared sign-in of the reception", login: 0},
		{name: "王 小明 (Xiaoming Wang)", username: "xiaoming.wang", login: 6, phones: []phoneKind{newAndroid}},
	}
	users := map[string]*user{}
	for i, p := range people {
		u := d.add(a, p, "harbourlight.example", usNumber("248"), i)
		users[u.Username] = u
	}
	d.sim.addPhone(a, PhoneSpec{
		Name: "Reception", Number: "+12485550199", Type: "Mobile", Platform: "Google Android",
		Model:     "Samsung Galaxy A54",
		Activated: true, LastSeen: d.ago(0), UserIDs: []string{users["frontdesk"].UserID,
			users["priya.raghunathan"].UserID},
	})
	d.sim.addPhone(a, PhoneSpec{Name: "Drawer spare", Number: "+12485550198", Type: "Mobile",
		Platform: "Generic Smartphone"})
	d.sim.addGroup(a, "Clinicians", "Dentists and hygienists", users["amara.okonkwo"].UserID,
		users["jonas.lindqvist"].UserID, users["priya.raghunathan"].UserID)
	d.sim.addGroup(a, "Front office", "", users["frontdesk"].UserID, users["mateo.fernandez"].UserID)
	d.sim.addGroup(a, "Remote desktop", "May sign in from home", users["amara.okonkwo"].UserID)
	d.sim.addBypassCode(users["dorothy.whitcombe"],
		BypassSpec{AdminEmail: "helpdesk@northwind-it.example", Expires: d.now.Add(50 * time.Minute)})
	d.sim.addBypassCode(users["mateo.fernandez"], BypassSpec{Unlimited: true})
	d.sim.addBypassCode(users["mateo.fernandez"], BypassSpec{AdminEmail: "owner@northwind-it.example", Uses: 3,
		Expires: d.now.Add(9 * 24 * time.Hour)})
	d.sim.addBypassCode(users["frontdesk"], BypassSpec{})
}

// dentalExceptions are groups that decide over their members' second factor. They are made last, so that all other ids
// stay what they were.
func (d *demo) dentalExceptions() {
	for _, a := range d.sim.accounts {
		if a.APIHostname == apiHost("5e6f7a8b") {
			d.sim.addGroup(a, "Migration weekend",
				"Not asked for the second factor while the servers move").Status = "Bypass"
			d.sim.addGroup(a, "Former contractors", "Access has ended").Status = "Disabled"
			d.sim.addGroup(a, `Reception (from AD sync "harbourlight.example")`, "")
		}
	}
}

// law has keys of its own that may read only.
func (d *demo) law() {
	a := d.child("Castellano Law Offices, P.C.")
	d.ownKeys(a, []Grant{ReadResource})
	d.staff(a, 12, "castellano-law.example", usNumber("212"))
}

// logistics is big enough for three pages of users, most of them from a directory.
func (d *demo) logistics() {
	a := d.child("Grand River Logistics, Inc.")
	const directory = "DS7GRANDRIVERDEMO001"
	people := []Person{{Username: "rosa.delgado", Realname: "Rosa Delgado", Firstname: "Rosa", Lastname: "Delgado",
		Email: "rosa.delgado@grandriver.example"}}
	d.staff(a, 700, "grandriver.example", usNumber("616", "269", "517", "231", "989", "810", "734"))
	var drivers []string
	for i, u := range a.Users {
		if i%5 != 0 {
			u.DirectoryKey, u.LastDirectorySync = directory, unixOrNil(d.ago(0))
			people = append(people, personOf(u))
		}
		if i%2 == 0 {
			drivers = append(drivers, u.UserID)
		}
	}
	d.sim.addGroup(a, `Drivers (from AD sync "grandriver.example")`, "", drivers...)
	d.sim.addDirectory(a, DirectorySpec{Key: directory, Name: "grandriver.example", People: people})
}

// hostile has text in every field that breaks careless pages, logs, headers and spreadsheets.
func (d *demo) hostile() {
	a := d.child("Hostile Strings <script> & Co")
	d.staff(a, 3, "hostile.example", usNumber("404"))
	const script = `"><script>alert(1)</script>`
	u := d.sim.addUser(a, UserSpec{
		Username:  `o'brien"><img src=x onerror=alert(1)>`,
		Realname:  "\u202eнiмдА\u202c <b>bold</b> " + strings.Repeat("Wolfeschlegelsteinhausenbergerdorff", 8),
		Firstname: `=HYPERLINK("http://evil.example","click")`, Lastname: `{{.Secret}}${7*7}<%= 7*7 %>`,
		Email:   `x"onmouseover="alert(1)@evil.example`,
		Notes:   "line one\r\nSet-Cookie: stolen=1\x00\x07\x1b[31mred" + script,
		Aliases: []string{script, "javascript:alert(1)", "../../admin", "%00%0d%0a"}, LastLogin: d.ago(2),
	})
	d.sim.addPhone(a, PhoneSpec{
		Name: "<script>alert('phone')</script>", Number: "+14045550166", Extension: "1,,#*", Type: "Mobile",
		Platform: "Google Android", Model: `Pixel' onfocus='alert(1)`, Activated: true, UserIDs: []string{u.UserID},
	})
	d.sim.addGroup(a, `<img src=x onerror=alert("group")>`, "\u2067gnitirw\u2069 </td></table>", u.UserID)
	d.sim.addBypassCode(u, BypassSpec{AdminEmail: `"<svg/onload=alert(1)>"@evil.example`})
}

// faultPrefix makes the accounts that fail a group of their own: the last one where accounts come by name, as they do
// in the console, and made last, they are so in Duo's order, too.
const faultPrefix = "Test fault: "

// faultyClients are the children that always fail, named for how. Their hosts are easy to remember and can also be
// typed where a host is asked for.
func (d *demo) faultyClients() {
	for _, f := range []struct {
		name, host string
		fault      Fault
	}{
		{"rate limited", "fa000429", Fault{Kind: RateLimited, RetryAfter: 30 * time.Second}},
		{"down", "fa000000", Fault{Kind: Down}},
		{"unavailable (503)", "fa000503", Fault{Kind: Unavailable}},
		{"slow", "fa000012", Fault{Kind: Slow, Delay: 12 * time.Second}},
		{"keys revoked", "fa040102", Fault{Kind: Revoked}},
		{"clock off by 10 minutes", "fa000600", Fault{Kind: ClockOff, Delay: 10 * time.Minute}},
		{"writing not permitted", "fa040301", Fault{Kind: PermissionRemoved, Grant: WriteResource}},
		{"settings not permitted", "fa040302", Fault{Kind: PermissionRemoved, Grant: Settings}},
		{"trash refused", "fa0007a5", Fault{Kind: TrashRefused}},
		{"answer lost", "fa001057", Fault{Kind: AnswerLost}},
		{"error 500", "fa000500", Fault{Kind: ErrorAfterApplying}},
	} {
		a := d.child(faultPrefix + f.name)
		a.APIHostname, a.Fault = apiHost(f.host), f.fault
		d.ownKeys(a, AllGrants)
		d.staff(a, 3, "fault-"+f.host+".example", usNumber("917"))
	}
	a := d.child(faultPrefix + "by username")
	a.APIHostname = apiHost("fa000001")
	for i, name := range []string{"fault.ratelimited", "fault.answerlost", "fault.error.before", "fault.error.after",
		"fault.trashrefused"} {
		d.add(a, person{name: "Writes fail: " + name, username: name, login: i, phones: []phoneKind{iPhone}},
			"fault-fa000001.example", usNumber("917"), i)
	}
	d.staff(a, 2, "fault-fa000001.example", usNumber("646"))
}

func (d *demo) child(name string) *account { return d.sim.addChild(d.parent, name) }

func (d *demo) ownKeys(a *account, grants []Grant) {
	a.Applications = append(a.Applications, d.sim.ids.application(AdminAPI, grants),
		d.sim.ids.application(AuthAPI, nil))
}

// staff adds people from the pool of names, with a believable mixture of statuses and phones.
func (d *demo) staff(a *account, count int, domain string, number func(int) string) {
	var users []*user
	for i := range count {
		n := d.people
		d.people++
		p := person{name: poolName(n), login: n * 37 % 60, phones: usualPhones[n%len(usualPhones)]}
		switch {
		case n%23 == 7:
			p.status, p.notes = Bypass, "Bypass asked for by phone"
		case n%29 == 11:
			p.status, p.reason, p.login = Disabled, "Admin disabled", 140
		case n%31 == 13:
			p.status, p.reason = LockedOut, "Failed Attempts"
		case n%37 == 17:
			p.status, p.login = PendingDeletion, 80
		case len(p.phones) == 0:
			p.login = -1
		}
		u := d.add(a, p, domain, number, i)
		users = append(users, u)
		if n%17 == 3 {
			d.sim.addBypassCode(u, BypassSpec{AdminEmail: "helpdesk@northwind-it.example",
				Expires: d.now.Add(time.Duration(n%20+1) * time.Hour)})
		}
	}
	g := d.sim.addGroup(a, "All staff", "Everybody at "+a.Name)
	for _, u := range users {
		u.GroupIDs = append(u.GroupIDs, g.GroupID)
	}
}

// officeLine is the place in a range of numbers of the line that all desks of a client share.
const officeLine = 94

// add makes a user with phones; place is the position within the account, from which numbers and dates follow.
func (d *demo) add(a *account, p person, domain string, number func(int) string, place int) *user {
	if p.username == "" {
		p.username = strings.ReplaceAll(plainLetters.Replace(strings.ToLower(p.name)), " ", ".")
	}
	first, last, _ := strings.Cut(p.name, " ")
	spec := UserSpec{
		Username: p.username, Realname: p.name, Firstname: first, Lastname: last, Email: p.username + "@" + domain,
		Notes:  p.notes,
		Status: p.status, LockoutReason: p.reason, Aliases: p.aliases, Created: d.ago(200 + place*11%900),
	}
	if p.login >= 0 {
		spec.LastLogin = d.ago(p.login).Add(-time.Duration(place*53%500) * time.Minute)
	}
	u := d.sim.addUser(a, spec)
	if u.Status == PendingDeletion {
		u.TrashedAt = unixOrNil(d.ago(2))
	}
	for _, kind := range p.phones {
		made := demoPhone(kind, first)
		made.UserIDs = []string{u.UserID}
		switch kind {
		case iPad:
		case landline:
			made.Number, made.Extension = number(officeLine), fmt.Sprint(200+place)
		default:
			made.Number = number(place)
		}
		if made.Activated {
			made.LastSeen = d.ago(max(p.login, 0))
		}
		d.sim.addPhone(a, made)
	}
	return u
}

func (d *demo) ago(days int) time.Time {
	return d.now.Add(-time.Duration(days)*24*time.Hour - 17*time.Minute)
}
