package duo

import (
	"context"
	"iter"
	"strings"
	"time"

	"duodesk/internal/text"
)

// Phone is a phone or a tablet. Duo describes the device in words of its own, shown here as they
// come; more of them may appear.
type Phone struct {
	ID               PhoneID
	Number           string // E.164; "" for a tablet
	Extension        string
	Name             string
	Type             string // Mobile, Landline or Unknown
	Platform         string // such as Apple iOS, Google Android, Generic Smartphone, Unknown
	Model            string
	OSVersion        string
	AppVersion       string
	Activated        bool     // Duo Mobile on it can receive a push
	Capabilities     []string // of auto, push, sms, phone, mobile_otp
	Predelay         string   // seconds before the extension is dialled
	Postdelay        string   // seconds after the extension before speaking
	SMSPasscodesSent bool
	Encrypted        string // Encrypted, Unencrypted, Unknown or ""; like the next three "" before activation
	Fingerprint      string
	Screenlock       string
	Tampered         string
	Created          time.Time // zero on older accounts
	LastActivated    time.Time // zero if never or not known
	LastSeen         time.Time // zero if never
	Users            []User    // short copies; only where the phone itself was asked for
}

// FullNumber is the number with the extension, which tells phones of one number apart: +442079460123
// ext. 22. It is "" for a device without either.
func (p Phone) FullNumber() string {
	if p.Extension == "" {
		return p.Number
	}
	return strings.TrimSpace(p.Number + " ext. " + p.Extension)
}

// Title names a phone in a list: by its full number, or else by the first that Duo knows of its name,
// model, platform and id.
func (p Phone) Title() string {
	for _, name := range []string{p.FullNumber(), p.Name, p.Model, p.Platform} {
		if seen := strings.TrimSpace(text.Visible(name)); seen != "" && !strings.EqualFold(seen, "unknown") {
			return strings.TrimSpace(name)
		}
	}
	return string(p.ID)
}

// UnmarshalJSON reads Duo's answer.
func (p *Phone) UnmarshalJSON(data []byte) error {
	o, err := parseObject(data)
	if err != nil {
		return err
	}
	*p = Phone{
		ID:               PhoneID(o.text("phone_id")),
		Number:           o.text("number"),
		Extension:        o.text("extension"),
		Name:             o.text("name"),
		Type:             o.text("type"),
		Platform:         o.text("platform"),
		Model:            o.text("model"),
		OSVersion:        o.text("os_version"),
		AppVersion:       o.text("app_version"),
		Activated:        o.flag("activated"),
		Capabilities:     list[string](o, "capabilities"),
		Predelay:         o.text("predelay"),
		Postdelay:        o.text("postdelay"),
		SMSPasscodesSent: o.flag("sms_passcodes_sent"),
		Encrypted:        o.text("encrypted"),
		Fingerprint:      o.text("fingerprint"),
		Screenlock:       o.text("screenlock"),
		Tampered:         o.text("tampered"),
		Created:          o.isoTime("creation_date"),
		LastActivated:    o.isoTime("last_activated_date"),
		LastSeen:         o.isoTime("last_seen"),
		Users:            list[User](o, "users"),
	}
	return o.err
}

// PhoneFields are what can be set on a phone. A nil field is not sent and keeps its value, or
// Duo's default on a new phone; a pointer to "" clears it.
type PhoneFields struct {
	Number    *string // E.164; without + Duo reads it as a number of the United States
	Name      *string
	Extension *string
	Type      *string // mobile, landline or unknown
	Platform  *string // such as apple ios, google android, generic smartphone, unknown
	Predelay  *string // seconds
	Postdelay *string // seconds
}

func (f PhoneFields) params() Params {
	p := Params{}
	put(p, "number", f.Number)
	put(p, "name", f.Name)
	put(p, "extension", f.Extension)
	put(p, "type", f.Type)
	put(p, "platform", f.Platform)
	put(p, "predelay", f.Predelay)
	put(p, "postdelay", f.Postdelay)
	return p
}

// PhonesPage returns one page of phones with their users. Duo gives at most 500 a page.
//
// GET /admin/v1/phones
func (c *Client) PhonesPage(ctx context.Context, limit, offset int) ([]Phone, Metadata, error) {
	return page[Phone](ctx, c, "/admin/v1/phones", limit, offset)
}

// Phones walks all phones, 500 a call. See [Client.PhonesPage].
func (c *Client) Phones(ctx context.Context) iter.Seq2[Phone, error] {
	return pages[Phone](ctx, c, "/admin/v1/phones", maxPage)
}

// Phone returns one phone with its users; an unknown id is an [*Error] with CodeNotFound.
//
// GET /admin/v1/phones/{phone_id}
func (c *Client) Phone(ctx context.Context, id PhoneID) (Phone, error) {
	segment, err := segment(id)
	if err != nil {
		return Phone{}, err
	}
	phone, _, err := get[Phone](ctx, c, "/admin/v1/phones"+segment, nil)
	return phone, err
}

// CreatePhone makes a phone that belongs to nobody yet. A number and extension that exist already
// are an [*Error] with CodeDuplicate.
//
// POST /admin/v1/phones
func (c *Client) CreatePhone(ctx context.Context, f PhoneFields) (Phone, error) {
	return post[Phone](ctx, c, "/admin/v1/phones", f.params())
}

// ModifyPhone changes the fields that are given and returns the phone after the change.
//
// POST /admin/v1/phones/{phone_id}
func (c *Client) ModifyPhone(ctx context.Context, id PhoneID, f PhoneFields) (Phone, error) {
	segment, err := segment(id)
	if err != nil {
		return Phone{}, err
	}
	return post[Phone](ctx, c, "/admin/v1/phones"+segment, f.params())
}

// DeletePhone deletes a phone, no matter which users have it. Duo reports no error for an unknown id.
//
// DELETE /admin/v1/phones/{phone_id}
func (c *Client) DeletePhone(ctx context.Context, id PhoneID) error {
	segment, err := segment(id)
	if err != nil {
		return err
	}
	return remove(ctx, c, "/admin/v1/phones"+segment)
}

// UserPhones returns a user's phones, without their users.
//
// GET /admin/v1/users/{user_id}/phones
func (c *Client) UserPhones(ctx context.Context, id UserID) ([]Phone, error) {
	segment, err := segment(id)
	if err != nil {
		return nil, err
	}
	return collect(pages[Phone](ctx, c, "/admin/v1/users"+segment+"/phones", maxPage))
}

// AssignPhone gives a phone to a user; one phone can have several. Repeating it changes nothing.
//
// POST /admin/v1/users/{user_id}/phones
func (c *Client) AssignPhone(ctx context.Context, user UserID, phone PhoneID) error {
	userSegment, err := segment(user)
	if err != nil {
		return err
	}
	if _, err := segment(phone); err != nil {
		return err
	}
	_, err = post[void](ctx, c, "/admin/v1/users"+userSegment+"/phones", Params{"phone_id": string(phone)})
	return err
}

// UnassignPhone takes a phone from a user; the phone stays, even without users. Duo reports no
// error if it was not the user's.
//
// DELETE /admin/v1/users/{user_id}/phones/{phone_id}
func (c *Client) UnassignPhone(ctx context.Context, user UserID, phone PhoneID) error {
	userSegment, err := segment(user)
	if err != nil {
		return err
	}
	phoneSegment, err := segment(phone)
	if err != nil {
		return err
	}
	return remove(ctx, c, "/admin/v1/users"+userSegment+"/phones"+phoneSegment)
}
