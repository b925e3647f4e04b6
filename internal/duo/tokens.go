package duo

import "time"

// Token is a hardware token as listed with its user.
type Token struct {
	ID     TokenID
	Serial string
	Type   string // h6, h8, t6, t8, yk or d1
}

func (t *Token) UnmarshalJSON(data []byte) error {
	o, err := parseObject(data)
	if err != nil {
		return err
	}
	*t = Token{ID: TokenID(o.text("token_id")), Serial: o.text("serial"), Type: o.text("type")}
	return o.err
}

// WebAuthnCredential is a security key or a platform authenticator as listed with its user.
type WebAuthnCredential struct {
	Key   string
	Name  string
	Label string // such as Security Key, Touch ID
	Added time.Time
}

func (w *WebAuthnCredential) UnmarshalJSON(data []byte) error {
	o, err := parseObject(data)
	if err != nil {
		return err
	}
	*w = WebAuthnCredential{
		Key:   o.text("webauthnkey"),
		Name:  o.text("credential_name"),
		Label: o.text("label"),
		Added: o.seconds("date_added"),
	}
	return o.err
}
