package duosim

import (
	"slices"
	"strings"
)

const (
	maxCodesPerCall = 10
	maxRelations    = 100 // of phones, groups and bypass codes per user, and of users per phone
)

func (a *account) bypassCodeView(u *user, b *bypassCode) map[string]any {
	view := map[string]any{
		"admin_email": b.AdminEmail, "bypass_code_id": b.ID, "created": b.Created, "expiration": b.Expires,
		"reuse_count": b.UsesLeft, "user": a.reducedView(u),
	}
	if b.UsesLeft == 0 {
		view["reuse_count"] = nil
	}
	return view
}

type heldCode struct {
	holder *user
	code   *bypassCode
}

func (a *account) heldCodes() []heldCode {
	var held []heldCode
	for _, u := range a.Users {
		for _, b := range u.BypassCodes {
			held = append(held, heldCode{u, b})
		}
	}
	return held
}

func (c *call) listBypassCodes() (any, *refusal) { return c.pageOfCodes(c.account.heldCodes()) }

func (c *call) listUserBypassCodes() (any, *refusal) {
	u, no := c.user()
	if no != nil {
		return nil, no
	}
	return c.pageOfCodes(slices.DeleteFunc(c.account.heldCodes(), func(h heldCode) bool { return h.holder != u }))
}

func (c *call) pageOfCodes(all []heldCode) (any, *refusal) {
	codes, no := page(c, all, 100, 500)
	return each(codes, func(h heldCode) map[string]any { return c.account.bypassCodeView(h.holder, h.code) }), no
}

func (c *call) getBypassCode() (any, *refusal) {
	for _, h := range c.account.heldCodes() {
		if h.code.ID == c.path["bypass_code_id"] {
			return c.account.bypassCodeView(h.holder, h.code), nil
		}
	}
	return nil, refuse(40401)
}

func (c *call) deleteBypassCode() (any, *refusal) {
	for _, h := range c.account.heldCodes() {
		if h.code.ID == c.path["bypass_code_id"] {
			h.holder.BypassCodes = slices.DeleteFunc(h.holder.BypassCodes,
				func(b *bypassCode) bool { return b == h.code })
			c.recordAs(h.holder.Username, map[string]any{"bypass_code_ids": []string{h.code.ID},
				"user_id": h.holder.UserID})
		}
	}
	return "", nil
}

// createBypassCodes makes codes and shows them for the only time. Unless preserve_existing is set, the user's other
// codes are wiped, and that is Duo's default.
func (c *call) createBypassCodes() (any, *refusal) {
	u, no := c.user()
	if no != nil {
		return nil, no
	}
	texts, no := c.newCodeTexts()
	if no != nil {
		return nil, no
	}
	uses, no := c.integer("reuse_count", 1, 0, 1<<31)
	if no != nil {
		return nil, no
	}
	validSecs, no := c.integer("valid_secs", 0, 0, 1<<31)
	if no != nil {
		return nil, no
	}
	preserve, no := c.boolean("preserve_existing", false)
	if no != nil {
		return nil, no
	}
	var kept []*bypassCode
	if preserve {
		kept = u.BypassCodes
	}
	clashes := func(b *bypassCode) bool { return slices.Contains(texts, b.Code) }
	if len(kept)+len(texts) > maxRelations || slices.ContainsFunc(kept, clashes) {
		return nil, refuse(40002, "preserve_existing") // which code Duo gives is not known
	}
	var made []string
	for _, text := range texts {
		b := &bypassCode{ID: c.sim.ids.object("DB"), Code: text, Created: c.now.Unix(), UsesLeft: uses}
		if validSecs > 0 {
			expires := c.now.Unix() + int64(validSecs)
			b.Expires = &expires
		}
		kept, made = append(kept, b), append(made, b.ID)
	}
	u.BypassCodes = kept
	c.recordAs(u.Username, map[string]any{
		"bypass": "", "count": len(texts), "valid_secs": validSecs, "auto_generated": !c.given("codes"),
		"remaining_uses": uses,
		"user_id":        u.UserID, "bypass_code_ids": made,
	})
	return texts, nil
}

// newCodeTexts reads the chosen codes or draws random ones. What codes may be chosen is our choice: 6 to 10 digits.
func (c *call) newCodeTexts() ([]string, *refusal) {
	if !c.given("codes") {
		count, no := c.integer("count", maxCodesPerCall, 1, maxCodesPerCall)
		if no != nil {
			return nil, no
		}
		texts := make([]string, count)
		for i := range texts {
			texts[i] = c.sim.ids.text(digits, 9)
		}
		return texts, nil
	}
	texts := strings.Split(c.param("codes"), ",")
	if c.given("count") || len(texts) > maxCodesPerCall {
		return nil, refuse(40002, "codes")
	}
	for i, text := range texts {
		texts[i] = strings.TrimSpace(text)
		allDigits := strings.Trim(texts[i], digits) == ""
		if !allDigits || len(texts[i]) < 6 || len(texts[i]) > 10 || slices.Contains(texts[:i], texts[i]) {
			return nil, refuse(40002, "codes")
		}
	}
	return texts, nil
}
