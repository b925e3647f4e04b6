package factors

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"slices"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
	"github.com/google/uuid"

	"duodesk/internal/store"
)

const (
	unknownPasskey = "This passkey does not open this console. It may have been removed."
	unreadable     = "The browser's answer cannot be read. Start again."

	// longestAnswer is how many bytes a browser's answer may have. Real ones have 1 to 10 KB.
	longestAnswer = 32 << 10
)

// bounded returns the bytes of an answer, or nil if it is longer than longestAnswer.
func bounded(answer string) []byte {
	if len(answer) > longestAnswer {
		return nil
	}
	return []byte(answer)
}

// known returns the transports that a browser claims, without those that the standard does
// not have.
func known(claimed []protocol.AuthenticatorTransport) (ways []protocol.AuthenticatorTransport) {
	for _, way := range []protocol.AuthenticatorTransport{protocol.USB, protocol.NFC, protocol.BLE, protocol.SmartCard,
		protocol.Hybrid, protocol.Internal} {
		if slices.Contains(claimed, way) {
			ways = append(ways, way)
		}
	}
	return ways
}

// answered takes the session of a question and parses the browser's answer to it.
func (d *Desk) answered(ctx context.Context, token, purpose string, bound []byte, operator uuid.UUID, answer string) (
	session webauthn.SessionData, parsed *protocol.ParsedCredentialAssertionData, err error) {
	if session, err = d.take(ctx, token, purpose, bound, operator); err != nil {
		return session, nil, err
	}
	if parsed, err = protocol.ParseCredentialRequestResponseBytes(bounded(answer)); err != nil {
		err = refuse(unreadable)
	}
	return session, parsed, err
}

// prove checks an answer against the passkeys of an operator, and stores the record that the
// use changed.
func (d *Desk) prove(ctx context.Context, o store.Operator, session webauthn.SessionData,
	parsed *protocol.ParsedCredentialAssertionData, from store.Origin) (store.Proof, error) {
	u, factors, err := d.passkeysOf(ctx, o)
	if err != nil {
		return store.Proof{}, err
	}
	used := slices.IndexFunc(u.credentials, func(c webauthn.Credential) bool { return bytes.Equal(c.ID, parsed.RawID) })
	if used < 0 {
		return store.Proof{}, refuse("This passkey is not one of yours. It may have been removed.")
	}
	// The library refuses every passkey whose backup eligibility differs from its record. A
	// phone that begins to copy a passkey to its maker's cloud changes it to true, which is
	// adopted. No device changes it to false.
	eligible := parsed.Response.AuthenticatorData.Flags.HasBackupEligible()
	was := u.credentials[used].Flags.BackupEligible
	u.credentials[used].Flags.BackupEligible = eligible
	credential, err := d.validate(u, session, parsed)
	switch {
	case err != nil:
		return store.Proof{}, d.misfit(session, parsed.Response.CollectedClientData,
			parsed.Response.AuthenticatorData)
	case was && !eligible:
		return store.Proof{}, refuse("This passkey says that it cannot be backed up, and said before that it can. " +
			"Sign in another way and set it up again.")
	case credential.Authenticator.CloneWarning:
		return store.Proof{}, refuse("This passkey's counter went backward: the passkey may have been copied. " +
			"Sign in another way and remove it.")
	}
	record, err := json.Marshal(credential)
	if err != nil {
		return store.Proof{}, err
	}
	now := d.now()
	if err := d.store.UsePasskey(ctx, factors[used], record, eligible && !was, from, now); err != nil {
		return store.Proof{}, gone(err, "This passkey was removed or used elsewhere just now. Start again.")
	}
	return store.Proof{Factor: factors[used].ID, Kind: store.Passkey, At: now}, nil
}

// validate has the library check an answer: to a question for the operator, or for a stranger.
func (d *Desk) validate(u user, session webauthn.SessionData, parsed *protocol.ParsedCredentialAssertionData) (
	*webauthn.Credential, error) {
	if session.UserID != nil {
		return d.passkeys.ValidateLogin(u, session, parsed)
	}
	_, credential, err := d.passkeys.ValidatePasskeyLogin(
		func(_, _ []byte) (webauthn.User, error) { return u, nil }, session, parsed)
	return credential, err
}

// misfit is the refusal of an answer that the library found wrong. It finds the reason itself,
// because the library's errors are not for people.
func (d *Desk) misfit(session webauthn.SessionData, client protocol.CollectedClientData,
	data protocol.AuthenticatorData) error {
	site := sha256.Sum256([]byte(d.passkeys.Config.RPID))
	switch {
	case client.Origin != d.passkeys.Config.RPOrigins[0] || client.CrossOrigin:
		return refuse("The passkey was used at another address than this console's.")
	case client.Challenge != session.Challenge:
		return refuse("The browser answered an earlier question. Start again.")
	case !bytes.Equal(data.RPIDHash, site[:]):
		return refuse("This passkey belongs to another site.")
	case !data.Flags.HasUserVerified():
		return refuse("Your device did not check that it is you, by a fingerprint, face or PIN. " +
			"Set that up on the device, or use another factor.")
	}
	return refuse("The passkey's answer does not fit. Start again, or use another factor.")
}
