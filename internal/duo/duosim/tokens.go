package duosim

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"
)

// tokenKinds are the kinds that can be created, with the digits of their codes; a yk code is not simulated. d1 are sold
// by Duo and cannot be created.
var tokenKinds = map[string]int{"h6": 6, "h8": 8, "t6": 6, "t8": 8, "yk": 0}

const (
	usualStep   = 30
	lookAhead   = 20 // HOTP codes that may have been skipped
	resyncReach = 1000
)

func (c *call) token() (*token, *refusal) {
	t := c.account.token(c.path["token_id"])
	if t == nil {
		return nil, refuse(40401)
	}
	return t, nil
}

func (a *account) token(id string) *token {
	i := slices.IndexFunc(a.Tokens, func(t *token) bool { return t.TokenID == id })
	if i < 0 {
		return nil
	}
	return a.Tokens[i]
}

func (a *account) tokensOf(u *user) []*token {
	var tokens []*token
	for _, id := range u.TokenIDs {
		if t := a.token(id); t != nil {
			tokens = append(tokens, t)
		}
	}
	return tokens
}

func (a *account) holders(t *token) []*user {
	return slices.DeleteFunc(slices.Clone(a.Users),
		func(u *user) bool { return !slices.Contains(u.TokenIDs, t.TokenID) })
}

// userTokenView is the token as it stands inside a user.
func userTokenView(t *token) map[string]any {
	view := map[string]any{"serial": t.Serial, "token_id": t.TokenID, "totp_step": nil, "type": t.Type}
	if t.TOTPStep > 0 {
		view["totp_step"] = t.TOTPStep
	}
	return view
}

func (a *account) tokenView(t *token) map[string]any {
	view := userTokenView(t)
	view["admins"], view["users"] = []any{}, each(a.holders(t), a.reducedView)
	return view
}

func (c *call) listTokens() (any, *refusal) {
	tokens := slices.Clone(c.account.Tokens)
	if c.given("type") != c.given("serial") {
		return nil, refuse(40002, "serial")
	}
	if c.given("type") {
		tokens = slices.DeleteFunc(tokens,
			func(t *token) bool { return t.Type != c.param("type") || t.Serial != c.param("serial") })
	}
	tokens, no := page(c, tokens, 100, 500)
	return each(tokens, c.account.tokenView), no
}

func (c *call) getToken() (any, *refusal) {
	t, no := c.token()
	if no != nil {
		return nil, no
	}
	return c.account.tokenView(t), nil
}

func (c *call) createToken() (any, *refusal) {
	kind, no := c.required("type")
	if no != nil {
		return nil, no
	}
	if _, known := tokenKinds[kind]; !known {
		return nil, refuse(40002, "type")
	}
	serial, no := c.required("serial")
	if no != nil {
		return nil, no
	}
	t := &token{TokenID: c.sim.ids.object("DH"), Type: kind, Serial: serial}
	if no := c.applyTokenSecret(t); no != nil {
		return nil, no
	}
	if slices.ContainsFunc(c.account.Tokens,
		func(other *token) bool { return other.Type == t.Type && other.Serial == t.Serial }) {
		return nil, refuse(40003)
	}
	c.account.Tokens = append(c.account.Tokens, t)
	c.recordAs(serial, map[string]any{"serial": serial, "type": kind})
	return c.account.tokenView(t), nil
}

func (c *call) applyTokenSecret(t *token) *refusal {
	if t.Type == "yk" {
		if no := c.hexadecimal("private_id", 12); no != nil {
			return no
		}
		return c.hexadecimal("aes_key", 32)
	}
	if no := c.hexadecimal("secret", 0); no != nil {
		return no
	}
	t.Secret = c.param("secret")
	if t.Type[0] == 't' {
		step, no := c.integer("totp_step", usualStep, 1, 3600)
		t.TOTPStep = step
		return no
	}
	counter, no := c.integer("counter", 0, 0, 1<<40)
	t.Counter = int64(counter)
	return no
}

// hexadecimal checks a parameter that must be there, of so many digits; 0: any even number of them.
func (c *call) hexadecimal(name string, length int) *refusal {
	text, no := c.required(name)
	if no != nil {
		return no
	}
	if _, err := hex.DecodeString(text); err != nil || length > 0 && len(text) != length {
		return refuse(40002, name)
	}
	return nil
}

func (c *call) modifyToken() (any, *refusal) {
	t, no := c.token()
	if no != nil {
		return nil, no
	}
	step, no := c.integer("totp_step", t.TOTPStep, 1, 3600)
	if no != nil {
		return nil, no
	}
	if c.given("totp_step") && t.TOTPStep == 0 {
		return nil, refuse(40002, "totp_step")
	}
	t.TOTPStep = step
	c.record(t.Serial)
	return c.account.tokenView(t), nil
}

// resyncToken takes three codes in a row, and from then on expects the one after them.
func (c *call) resyncToken() (any, *refusal) {
	t, no := c.token()
	if no != nil {
		return nil, no
	}
	var codes [3]string
	for i := range codes {
		if codes[i], no = c.required(fmt.Sprintf("code%d", i+1)); no != nil {
			return nil, no
		}
	}
	if !t.counts() {
		return nil, refuse(40002, "token_id")
	}
	for counter := t.Counter; counter < t.Counter+resyncReach; counter++ {
		if t.code(counter) == codes[0] && t.code(counter+1) == codes[1] && t.code(counter+2) == codes[2] {
			t.Counter = counter + 3
			c.record(t.Serial)
			return "", nil
		}
	}
	return nil, refuse(40002, "code1")
}

func (c *call) deleteToken() (any, *refusal) {
	t, no := c.token()
	if no != nil {
		return "", nil
	}
	for _, u := range c.account.Users {
		u.TokenIDs, _ = without(u.TokenIDs, t.TokenID)
	}
	c.account.Tokens = slices.DeleteFunc(c.account.Tokens, func(other *token) bool { return other == t })
	c.record(t.Serial)
	return "", nil
}

func (c *call) listUserTokens() (any, *refusal) {
	u, no := c.user()
	if no != nil {
		return nil, no
	}
	tokens, no := page(c, c.account.tokensOf(u), 100, 500)
	return each(tokens, userTokenView), no
}

func (c *call) assignToken() (any, *refusal) {
	u, no := c.user()
	if no != nil {
		return nil, no
	}
	id, no := c.required("token_id")
	if no != nil {
		return nil, no
	}
	t := c.account.token(id)
	if t == nil {
		return nil, refuse(40401)
	}
	if slices.Contains(u.TokenIDs, id) {
		return "", nil
	}
	if len(u.TokenIDs) >= maxRelations || len(c.account.holders(t)) >= maxRelations {
		return nil, refuse(50001)
	}
	u.TokenIDs = append(u.TokenIDs, id)
	c.record(u.Username)
	return "", nil
}

func (c *call) unassignToken() (any, *refusal) {
	u, no := c.user()
	if no != nil {
		return nil, no
	}
	left, had := without(u.TokenIDs, c.path["token_id"])
	if had {
		u.TokenIDs = left
		c.record(u.Username)
	}
	return "", nil
}

func (t *token) counts() bool { return strings.HasPrefix(t.Type, "h") || t.Type == "d1" }

// code is the token's code at a counter or time step; "" for kinds whose codes are not simulated.
func (t *token) code(counter int64) string {
	length := tokenKinds[t.Type]
	if t.Type == "d1" {
		length = 6
	}
	secret, err := hex.DecodeString(t.Secret)
	if err != nil || length == 0 {
		return ""
	}
	return oneTimeCode(secret, counter, length)
}

// next is the code that the token's button or display shows now.
func (t *token) next(now time.Time) string {
	if t.counts() {
		return t.code(t.Counter)
	}
	return t.code(now.Unix() / int64(max(t.TOTPStep, 1)))
}

// accept tells whether a code is good, and uses it up with all before it.
func (t *token) accept(code string, now time.Time) bool {
	first, last := t.Counter, t.Counter+lookAhead
	if !t.counts() {
		step := now.Unix() / int64(max(t.TOTPStep, 1))
		first, last = max(step-1, t.Counter+1), step+1
	}
	for counter := first; counter <= last; counter++ {
		if code != "" && t.code(counter) == code {
			t.Counter = counter
			if t.counts() {
				t.Counter++
			}
			return true
		}
	}
	return false
}

// oneTimeCode is RFC 4226's HOTP value.
func oneTimeCode(secret []byte, counter int64, length int) string {
	mac := hmac.New(sha1.New, secret)
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(counter)))
	sum := mac.Sum(nil)
	offset := sum[len(sum)-1] & 15
	number := binary.BigEndian.Uint32(sum[offset:]) & 0x7fffffff
	text := fmt.Sprintf("%010d", number)
	return text[len(text)-length:]
}
