package catalog

import (
	"context"

	"duodesk/internal/duo"
)

var phoneFacts = []string{"number", "name", "extension", "type", "platform", "predelay", "postdelay"}

func factsOfPhone(p duo.Phone) map[string]string {
	return map[string]string{
		"number": p.Number, "name": p.Name, "extension": p.Extension, "type": p.Type, "platform": p.Platform,
		"predelay": p.Predelay, "postdelay": p.Postdelay,
	}
}

func lookPhone(ctx context.Context, d *duo.Client, in Values) (map[string]string, error) {
	phone, err := d.Phone(ctx, duo.PhoneID(phoneID.Of(in)))
	return existing(factsOfPhone(phone), err)
}

func sentPhone(in Values, _ map[string]string) map[string]string {
	sent := given(in, false, phoneFacts...)
	for _, name := range []string{"type", "platform", "predelay", "postdelay"} {
		if sent[name] == "" {
			delete(sent, name) // not sent
		}
	}
	return sent
}

// lookNewPhone finds the phone by its number and extension, which Duo allows once.
// A tablet without a number cannot be told apart from others.
func lookNewPhone(ctx context.Context, d *duo.Client, in Values) (map[string]string, error) {
	if phoneNumber.Of(in) == "" {
		return map[string]string{}, nil
	}
	p, err := phoneOfNumber(ctx, d, in)
	if err != nil {
		return nil, err
	}
	if p.ID == "" {
		return map[string]string{factExists: no, factPhone: no}, nil
	}
	facts := factsOfPhone(p)
	facts[factExists] = yes
	if user := in.given["user_id"]; user != "" {
		facts[factPhone] = yesOrNo(hasPhone(duo.User{ID: duo.UserID(user)}, p))
	}
	return facts, nil
}

// phoneOfNumber is the phone of the number and extension that were typed; the zero value
// says that there is none.
func phoneOfNumber(ctx context.Context, d *duo.Client, in Values) (duo.Phone, error) {
	number, extension := phoneNumber.Of(in), phoneExtension.Of(in)
	found, _, err := d.PhonesMatching(ctx, duo.PhoneFilter{Number: number, Extension: extension}, 100, 0)
	for _, p := range found {
		if err == nil && p.Number == number && p.Extension == extension {
			return p, nil
		}
	}
	return duo.Phone{}, err
}

func createdPhone(ctx context.Context, d *duo.Client, in Values, _ map[string]string) (string, error) {
	if phoneNumber.Of(in) == "" {
		return "", nil
	}
	p, err := phoneOfNumber(ctx, d, in)
	return string(p.ID), err
}

func sentNewPhone(in Values, _ map[string]string) map[string]string {
	sent := given(in, true, phoneFacts...)
	sent[factExists], sent["type"] = yes, phoneType.Of(in)
	if in.given["user_id"] != "" {
		sent[factPhone] = yes
	}
	return sent
}

func lookPhoneOfUser(ctx context.Context, d *duo.Client, in Values) (map[string]string, error) {
	phone, err := d.Phone(ctx, duo.PhoneID(phoneID.Of(in)))
	if err != nil {
		return nil, err
	}
	return map[string]string{factPhone: yesOrNo(hasPhone(duo.User{ID: duo.UserID(userID.Of(in))}, phone))}, nil
}

func lookToken(ctx context.Context, d *duo.Client, in Values) (map[string]string, error) {
	_, err := d.Token(ctx, duo.TokenID(tokenID.Of(in)))
	return existing(map[string]string{}, err)
}

func lookTokenOfUser(ctx context.Context, d *duo.Client, in Values) (map[string]string, error) {
	token, err := d.Token(ctx, duo.TokenID(tokenID.Of(in)))
	if err != nil {
		return nil, err
	}
	return map[string]string{factToken: yesOrNo(hasToken(duo.User{ID: duo.UserID(userID.Of(in))}, token))}, nil
}

func lookCredential(ctx context.Context, d *duo.Client, in Values) (map[string]string, error) {
	_, err := d.WebAuthnCredential(ctx, duo.WebAuthnKey(credentialKey.Of(in)))
	return existing(map[string]string{}, err)
}
