package duo

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

const (
	pastedHost   = "api-1a2b3c4d.duosecurity.com"
	pastedKey    = "DIABCDEFGH1234567890"
	pastedSecret = "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5bC7d"
)

func TestFindCredentials(t *testing.T) {
	t.Parallel()
	all := Pasted{[]string{pastedHost}, []string{pastedKey}, []string{pastedSecret}}
	for what, c := range map[string]struct {
		text string
		want Pasted
	}{
		"a page": {"Admin API\nDetails\nIntegration key\t" + pastedKey +
			"\tCopy\nSecret key\t" + pastedSecret +
			"\tCopy\nDon't write down your secret key or share it with anyone.\nAPI hostname\t" + pastedHost +
			"\tCopy\n", all},
		"Windows line ends, non-breaking blanks": {"Integration key:\u00a0" + pastedKey + "\r\nSecret key:\u00a0" +
			pastedSecret + "\r\nAPI hostname:\u00a0" + pastedHost + "\r\n", all},
		"words that stick": {"Integration key" + pastedKey + "CopySecret key" + pastedSecret +
			"Copy API hostname" + pastedHost + "Copy", all},
		"Select and Click": {pastedKey + "Select " + pastedSecret + "Clicktoview " + pastedHost +
			"Select", all},
		"HTML": {`<dl><dt>Client ID</dt><dd><code id="x">` + pastedKey +
			`</code><button>Copy</button></dd><dt>Client&nbsp;secret</dt><dd>` + pastedSecret +
			`&#8203;</dd><dd>https&#58;//` + pastedHost + `/</dd></dl>`, all},
		"everything twice": {strings.Repeat(pastedKey+" "+pastedSecret+" "+pastedHost+
			"\n", 2), all},
		"a settings file": {"ikey=" + pastedKey + "\nskey=" + pastedSecret + "\nhost=" +
			strings.ToUpper(pastedHost) + "\n", all},
		"quoted, in a sentence": {"The key is '" + pastedKey + "', the secret \"" + pastedSecret +
			"\". The host is " + pastedHost + ".", all},
		"a secret that is hidden": {pastedKey + "\n••••••••••••••••••••Xy12\n" + pastedHost,
			Pasted{all.Hosts, all.IntegrationKeys, nil}},
		"two applications": {pastedKey + " DIZZZZZZZZZZZZZZZZZZ",
			Pasted{IntegrationKeys: []string{pastedKey, "DIZZZZZZZZZZZZZZZZZZ"}}},
		"nothing": {"Hello, please send me the keys", Pasted{}},
		"no text": {"", Pasted{}},
		"longer things": {"X" + pastedKey + " " + pastedKey + "9 " + pastedSecret + "a " +
			pastedSecret[:39], Pasted{}},
		"hosts of others": {
			"api-1a2b3c4d.duosecurity.com.evil.example api-1a2b3c4d.duosecurity.community api-1a2b3c4d.evil.example api-1a2b3c4d.duosecurity.com-x", Pasted{}},
		"a host of the simulator": {"api-1a2b3c4d.duosim.localhost", Pasted{}},
	} {
		got := FindCredentials(c.text, false)
		if !slices.Equal(got.Hosts, c.want.Hosts) || !slices.Equal(got.IntegrationKeys, c.want.IntegrationKeys) ||
			!slices.Equal(got.SecretKeys, c.want.SecretKeys) {
			t.Errorf("%s: %+v", what, got)
		}
	}
	if got := FindCredentials("API hostname: api-1a2b3c4d.duosim.localhost.", true); !slices.Equal(got.Hosts,
		[]string{"api-1a2b3c4d.duosim.localhost"}) {
		t.Errorf("in the sandbox: %+v", got)
	}
}

// TestFindAPIs: a value belongs to the API that was named last before it, in any order, by title, label or variable.
func TestFindAPIs(t *testing.T) {
	t.Parallel()
	const other, third = "DIOTHER0000000000000", "DITHIRD0000000000000"
	for text, want := range map[string]PastedAPIs{
		"Admin API\n" + pastedKey + "\nSee the Admin API documentation. Accounts API " + other +
			" Auth API: " + third: {
			Admin: Pasted{IntegrationKeys: []string{pastedKey}}, Accounts: Pasted{IntegrationKeys: []string{other}},
			Auth: Pasted{IntegrationKeys: []string{third}}},
		"AUTH_HOST=" + pastedHost + "\nCONSOLE_ADMIN_INTEGRATION_KEY=" + pastedKey + "\naccount_secret_key: " +
			pastedSecret: {
			Auth: Pasted{Hosts: []string{pastedHost}}, Admin: Pasted{IntegrationKeys: []string{pastedKey}},
			Accounts: Pasted{SecretKeys: []string{pastedSecret}}},
		"Account Host      " + pastedHost + "\nAuth Secret Key" + pastedSecret: {
			Accounts: Pasted{Hosts: []string{pastedHost}}, Auth: Pasted{SecretKeys: []string{pastedSecret}}},
		"<td>Admin&nbsp;API</td><td>" + pastedKey + "</td><td>Admin API</td>" +
			pastedKey: {Admin: Pasted{IntegrationKeys: []string{pastedKey}}},
		"Duo Admin Panel " + pastedKey + " of the Web SDK, Reauth API " +
			other: {Unnamed: Pasted{IntegrationKeys: []string{pastedKey, other}}},
		"": {},
	} {
		if got := FindAPIs(text, false); !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %+v", text, got)
		}
	}
}

func TestFindDirectoryKeys(t *testing.T) {
	t.Parallel()
	const one, two = "DSABCDEFGH1234567890", "DS000000000000000000"
	for text, want := range map[string][]string{
		one: {one},
		"https://admin-1a2b3c4d.duosecurity.com/users/directorysync/" + one + "?tab=1": {one},
		"Admin API Directory Key" + one + "Select":                                     {one},
		one + "\r\n" + two + " " + one:                                                 {one, two},
		"D" + one + " " + one + "9 " + pastedKey:                                       nil,
		"":                                                                             nil,
	} {
		if got := FindDirectoryKeys(text); !slices.Equal(got, want) {
			t.Errorf("%q: %q", text, got)
		}
	}
}

// FuzzFindCredentials: whatever is pasted, only what has the shape comes out, and what stands there
// alone is found.
func FuzzFindCredentials(f *testing.F) {
	for _, seed := range []string{"", pastedKey, pastedSecret, pastedHost, "<a href=\"" + pastedHost, "&#x", "\xff\xfe",
		"DI\u200bABC", strings.Repeat("<", 50), "key" + pastedSecret + "Copy"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		found := FindCredentials(text, true)
		for _, host := range found.Hosts {
			if plain, _, err := ParseHost(host, true); err != nil || plain != host {
				t.Errorf("%q is no host (%v)", host, err)
			}
		}
		for _, key := range append(found.IntegrationKeys, FindDirectoryKeys(text)...) {
			if len(key) != 20 || !strings.HasPrefix(key, "D") {
				t.Errorf("%q is no key", key)
			}
		}
		for _, key := range found.SecretKeys {
			if CheckSecretKey(key) != nil {
				t.Error("a secret key of another shape")
			}
		}
		if around := FindCredentials("\n"+pastedKey+"\n", true); !slices.Equal(around.IntegrationKeys,
			[]string{pastedKey}) {
			t.Error("a key alone is not found")
		}
	})
}
