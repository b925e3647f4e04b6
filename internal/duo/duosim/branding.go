package duosim

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"image/png"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// branding is how an account's log-in pages look. The live logo is the account's, which the Auth API shows as well; a
// draft has its own.
type branding struct {
	Logo, Background                     []byte // PNG
	CardAccentColor, PageBackgroundColor string
	WithoutDuo                           bool // "powered by Duo" is left out
	UsernameLabel                        string
	UserIDs                              []string // of a draft: who sees it
}

const (
	maxLogo       = 200_000 // bytes
	maxBackground = 3_000_000
	defaultLocale = "en_US"
	maxHelpText   = 200
	maxHelpLinks  = 10 // our choice
)

var (
	colorForm  = regexp.MustCompile(`^#([0-9A-Fa-f]{3}|[0-9A-Fa-f]{6})$`)
	localeForm = regexp.MustCompile(`^[a-z]{2}(_[A-Z]{2})?$`)
)

func brandingView(b branding) map[string]any {
	return map[string]any{
		"background_img": pictureText(b.Background), "card_accent_color": textOrNull(b.CardAccentColor),
		"logo":                  pictureText(b.Logo),
		"page_background_color": textOrNull(b.PageBackgroundColor), "powered_by_duo": !b.WithoutDuo,
		"sso_custom_username_label": textOrNull(b.UsernameLabel),
	}
}

func draftView(b branding) map[string]any {
	view := brandingView(b)
	view["user_ids"] = append([]string{}, b.UserIDs...)
	return view
}

func pictureText(picture []byte) any { return textOrNull(base64.StdEncoding.EncodeToString(picture)) }

func (a *account) liveBranding() branding {
	live := a.Branding
	live.Logo = a.Logo
	return live
}

func (c *call) getBranding() (any, *refusal) { return brandingView(c.account.liveBranding()), nil }

func (c *call) updateBranding() (any, *refusal) {
	live := c.account.liveBranding()
	if no := c.applyBranding(&live); no != nil {
		return nil, no
	}
	c.account.Branding, c.account.Logo = live, live.Logo
	c.record(c.account.Name)
	return brandingView(live), nil
}

// getBrandingDraft answers 40401 without a draft, as all calls about one do; that is our choice.
func (c *call) getBrandingDraft() (any, *refusal) {
	if c.account.BrandingDraft == nil {
		return nil, refuse(40401)
	}
	return draftView(*c.account.BrandingDraft), nil
}

// updateBrandingDraft begins a draft with what is live when there is none yet.
func (c *call) updateBrandingDraft() (any, *refusal) {
	draft := c.account.liveBranding()
	if c.account.BrandingDraft != nil {
		draft = *c.account.BrandingDraft
	}
	if no := c.applyBranding(&draft); no != nil {
		return nil, no
	}
	if c.given("user_ids") {
		ids, no := c.userIDs()
		if no != nil {
			return nil, no
		}
		draft.UserIDs = ids
	}
	c.account.BrandingDraft = &draft
	c.record(c.account.Name)
	return draftView(draft), nil
}

// userIDs reads user_ids: a list, or a text of ids between commas.
func (c *call) userIDs() ([]string, *refusal) {
	var ids []string
	if text := c.param("user_ids"); json.Unmarshal([]byte(text), &ids) != nil {
		ids = strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' })
	}
	if slices.ContainsFunc(ids, func(id string) bool { return c.account.user(id) == nil }) {
		return nil, refuse(40002, "user_ids")
	}
	return ids, nil
}

// publishBranding makes the draft live for everybody and ends it.
func (c *call) publishBranding() (any, *refusal) {
	if c.account.BrandingDraft == nil {
		return nil, refuse(40401)
	}
	live := *c.account.BrandingDraft
	live.UserIDs = nil
	c.account.Branding, c.account.Logo, c.account.BrandingDraft = live, live.Logo, nil
	c.record(c.account.Name)
	return "", nil
}

func (c *call) addDraftUser() (any, *refusal) {
	u, no := c.user()
	if no != nil {
		return nil, no
	}
	draft := c.account.BrandingDraft
	if draft == nil {
		return nil, refuse(40401)
	}
	if slices.Contains(draft.UserIDs, u.UserID) {
		return "", nil
	}
	draft.UserIDs = append(slices.Clone(draft.UserIDs), u.UserID)
	c.record(u.Username)
	return "", nil
}

func (c *call) removeDraftUser() (any, *refusal) {
	draft := c.account.BrandingDraft
	if draft == nil {
		return nil, refuse(40401)
	}
	left, had := without(draft.UserIDs, c.path["user_id"])
	if had {
		draft.UserIDs = left
		c.record(c.path["user_id"])
	}
	return "", nil
}

// applyBranding changes what is named; empty text takes a picture or color away.
func (c *call) applyBranding(b *branding) *refusal {
	for name, field := range map[string]*string{"card_accent_color": &b.CardAccentColor,
		"page_background_color": &b.PageBackgroundColor} {
		if !c.given(name) {
			continue
		}
		if *field = c.param(name); *field != "" && !colorForm.MatchString(*field) {
			return refuse(40002, name)
		}
	}
	for name, field := range map[string]*[]byte{"logo": &b.Logo, "background_img": &b.Background} {
		if !c.given(name) {
			continue
		}
		picture, valid := readPicture(name, c.param(name))
		if !valid {
			return refuse(40002, name)
		}
		*field = picture
	}
	powered, no := c.boolean("powered_by_duo", !b.WithoutDuo)
	if no != nil {
		return no
	}
	b.WithoutDuo = !powered
	if c.given("sso_custom_username_label") {
		b.UsernameLabel = c.param("sso_custom_username_label")
	}
	return nil
}

// readPicture reads a PNG in base64, nothing from empty text. A logo has 12 to 500 pixels either way.
func readPicture(name, text string) (picture []byte, valid bool) {
	if text == "" {
		return nil, true
	}
	picture, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, false
	}
	shape, err := png.DecodeConfig(bytes.NewReader(picture))
	if err != nil {
		return nil, false
	}
	if name == "logo" {
		inRange := func(pixels int) bool { return pixels >= 12 && pixels <= 500 }
		return picture, len(picture) < maxLogo && inRange(shape.Width) && inRange(shape.Height)
	}
	return picture, len(picture) <= maxBackground
}

func (c *call) setLogo() (any, *refusal) {
	text, no := c.required("logo")
	if no != nil {
		return nil, no
	}
	picture, valid := readPicture("logo", text)
	if !valid {
		return nil, refuse(40002, "logo")
	}
	c.account.Logo = picture
	c.record(c.account.Name)
	return "", nil
}

func (c *call) deleteLogo() (any, *refusal) {
	if c.account.Logo != nil {
		c.account.Logo = nil
		c.record(c.account.Name)
	}
	return "", nil
}

// messaging is the help that log-in pages offer in one language.
type messaging struct {
	HelpText  string
	HelpLinks []string
}

func messagingView(locale string, m messaging) map[string]any {
	return map[string]any{"help_links": append([]string{}, m.HelpLinks...), "help_text": m.HelpText, "locale": locale}
}

// locale is the language that a call is about. That it is American English when none is named is our choice.
func (c *call) locale() (string, *refusal) {
	if !c.given("locale") {
		return defaultLocale, nil
	}
	if locale := c.param("locale"); localeForm.MatchString(locale) {
		return locale, nil
	}
	return "", refuse(40002, "locale")
}

func (c *call) getMessaging() (any, *refusal) {
	locale, no := c.locale()
	if no != nil {
		return nil, no
	}
	return messagingView(locale, c.account.Messaging[locale]), nil
}

// updateMessaging changes the help of one language. That links are addresses of http or https is our choice.
func (c *call) updateMessaging() (any, *refusal) {
	locale, no := c.locale()
	if no != nil {
		return nil, no
	}
	changed := c.account.Messaging[locale]
	if c.given("help_text") {
		changed.HelpText = c.param("help_text")
	}
	if utf8.RuneCountInString(changed.HelpText) > maxHelpText {
		return nil, refuse(40002, "help_text")
	}
	if c.given("help_links") {
		changed.HelpLinks = nil
		if text := c.param("help_links"); text != "" && json.Unmarshal([]byte(text), &changed.HelpLinks) != nil {
			return nil, refuse(40002, "help_links")
		}
	}
	if len(changed.HelpLinks) > maxHelpLinks || slices.ContainsFunc(changed.HelpLinks, notAnAddress) {
		return nil, refuse(40002, "help_links")
	}
	if c.account.Messaging == nil {
		c.account.Messaging = map[string]messaging{}
	}
	c.account.Messaging[locale] = changed
	c.record(c.account.Name)
	return messagingView(locale, changed), nil
}

func notAnAddress(text string) bool {
	address, err := url.Parse(text)
	return err != nil || address.Scheme != "https" && address.Scheme != "http" || address.Host == ""
}
