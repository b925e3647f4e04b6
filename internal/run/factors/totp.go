package factors

import (
	"context"
	"encoding/base32"
	"encoding/json"
	"time"

	"github.com/google/uuid"
	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"

	"duodesk/internal/secret"
	"duodesk/internal/store"
	"duodesk/internal/text"
)

const (
	toSetUp = "set up an authenticator app"

	period     = 30 // seconds of a step, each with a code of its own
	totpSecret = 20 // bytes: the size of the SHA-1 that apps use
)

// wrongCode is the refusal of a code that none of the operator's apps shows.
const wrongCode = "This code is wrong. Codes change every 30 seconds; check that the phone's clock is right."

// The refusals of a code that was right once.
const (
	usedCode  = "This code was used already. Wait for the next one."
	olderCode = "A newer code was used already. Wait for the next one."
)

// codes are the defaults of authenticator apps.
var codes = hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1}

// Setup is an authenticator app whose first code is awaited.
type Setup struct {
	Token  string // names the setup in the form
	Secret string // in base32, to be typed into the app
	URL    string // the same as otpauth:// for a QR code; empty if it could not be made
}

// waiting is the stored part of a Setup.
type waiting struct {
	Operator, Factor uuid.UUID
	Sealed           []byte
}

// BeginTOTP makes the secret of an authenticator app. bound is the SHA-256 of the token of
// the session or sign-in. The setup waits 10 minutes for AddTOTP.
func (d *Desk) BeginTOTP(ctx context.Context, o store.Operator, bound []byte) (Setup, error) {
	key, err := totp.Generate(totp.GenerateOpts{Issuer: issuer, AccountName: o.Email, SecretSize: totpSecret})
	if err != nil {
		return Setup{}, err
	}
	w := waiting{Operator: o.ID, Factor: uuid.New()}
	if w.Sealed, err = d.store.SealTOTP(ctx, w.Factor, secret.Box([]byte(key.Secret()))); err != nil {
		return Setup{}, err
	}
	kept, err := json.Marshal(w)
	if err != nil {
		return Setup{}, err
	}
	token, hash := newToken()
	now := d.now()
	return setupOf(token, key.Secret(), o), d.store.KeepChallenge(ctx, hash,
		store.Challenge{Purpose: toSetUp, Bound: bound, Data: kept, EndsAt: now.Add(setupLife)}, now)
}

func setupOf(token, typed string, o store.Operator) Setup {
	raw, _ := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(typed)
	key, err := totp.Generate(totp.GenerateOpts{Issuer: issuer, AccountName: o.Email, Secret: raw})
	if err != nil {
		return Setup{Token: token, Secret: typed}
	}
	return Setup{Token: token, Secret: typed, URL: key.URL()}
}

// TOTPSetup returns the Setup of BeginTOTP again, for the page of a wrong first code. It
// returns *Refused if the setup has expired, was completed or is another operator's.
func (d *Desk) TOTPSetup(ctx context.Context, o store.Operator, bound []byte, token string) (Setup, error) {
	_, key, err := d.waitingTOTP(ctx, o, bound, token)
	return setupOf(token, key, o), err
}

func (d *Desk) waitingTOTP(ctx context.Context, o store.Operator, bound []byte, token string) (f store.Factor,
	key string, err error) {
	data, err := d.store.FindChallenge(ctx, hashOf(token), toSetUp, bound, d.now())
	if err != nil {
		return f, "", late(err, setupLife)
	}
	var w waiting
	if err := json.Unmarshal(data, &w); err != nil {
		return f, "", err
	}
	if w.Operator != o.ID {
		return f, "", refuse(notYours)
	}
	f = store.Factor{ID: w.Factor, Kind: store.TOTP, Sealed: w.Sealed}
	key, err = d.open(f)
	return f, key, err
}

func (d *Desk) open(f store.Factor) (key string, err error) {
	opened, err := d.store.OpenTOTP(f)
	if err != nil {
		return "", err
	}
	return key, opened.Lend(func(b []byte) { key = string(b) })
}

// AddTOTP checks the first code of a Setup, uses it up, and adds the app under the name
// called. It returns *Refused for a wrong code or an expired setup, and store.ErrEnded as
// store.AddFactor does.
func (d *Desk) AddTOTP(ctx context.Context, e Enrollment, token, code, called string) (store.Proof, error) {
	f, key, err := d.waitingTOTP(ctx, e.Operator, e.Bound, token)
	if err != nil {
		return store.Proof{}, err
	}
	now := d.now()
	step, fits := stepOf(code, key, now)
	if !fits {
		return store.Proof{}, refuse(wrongCode)
	}
	if _, err := d.store.TakeChallenge(ctx, hashOf(token), toSetUp, e.Bound, now); err != nil {
		return store.Proof{}, late(err, setupLife)
	}
	f.OperatorID, f.Name, f.CreatedAt, f.UsedAt = e.ID, name(called, "Authenticator app"), now, &now
	f.LastStep = step
	made := store.NewFactor{Factor: f, TOTP: secret.Box([]byte(key)), First: e.First, Session: e.Session}
	if err := d.store.AddFactor(ctx, e.Operator, made, e.From); err != nil {
		return store.Proof{}, added(err)
	}
	return store.Proof{Factor: f.ID, Kind: store.TOTP, At: now}, nil
}

// ProveTOTP checks and uses up a code of one of an operator's authenticator apps. It returns
// *Refused if the code is wrong, was used, or is older than one that was used.
func (d *Desk) ProveTOTP(ctx context.Context, o store.Operator, code string) (store.Proof, error) {
	all, err := d.store.Factors(ctx, o.ID)
	if err != nil {
		return store.Proof{}, err
	}
	now := d.now()
	for _, f := range all {
		if f.Kind != store.TOTP {
			continue
		}
		key, err := d.open(f)
		if err != nil {
			return store.Proof{}, err
		}
		step, fits := stepOf(code, key, now)
		switch {
		case !fits:
			continue
		case f.Trial && !d.trial:
			return store.Proof{}, refuse("This authenticator app belongs to a trial. " +
				"Reset this operator on the host.")
		}
		if err := d.store.UseTOTP(ctx, f, step, now); err != nil {
			words := usedCode
			if step < f.LastStep {
				words = olderCode
			}
			return store.Proof{}, gone(err, words)
		}
		return store.Proof{Factor: f.ID, Kind: store.TOTP, At: now}, nil
	}
	return store.Proof{}, refuse(wrongCode)
}

// stepOf returns the step whose code this is: the current one, or its neighbors for a clock
// that is up to 30 seconds wrong.
func stepOf(code, key string, now time.Time) (step int64, fits bool) {
	code = text.Key(code)
	current := now.Unix() / period
	for _, step := range []int64{current, current - 1, current + 1} {
		if ok, err := hotp.ValidateCustom(code, uint64(step), key, codes); err == nil && ok {
			return step, true
		}
	}
	return 0, false
}

// NewTrialApp adds an authenticator app for the owner of a trial, whose console keeps the
// returned secret in a file. Only a Desk for trials accepts its codes.
func NewTrialApp(ctx context.Context, s *store.Store, o store.Operator, now time.Time) (key string, err error) {
	made, err := totp.Generate(totp.GenerateOpts{Issuer: issuer, AccountName: o.Email, SecretSize: totpSecret})
	if err != nil {
		return "", err
	}
	return made.Secret(), s.AddFactor(ctx, o, store.NewFactor{TOTP: secret.Box([]byte(made.Secret())),
		Factor: store.Factor{ID: uuid.New(), Kind: store.TOTP, Name: "Trial", CreatedAt: now, Trial: true}},
		store.Origin{})
}

// Code returns the code that the app with a secret shows at a time.
func Code(key string, at time.Time) (string, error) {
	return hotp.GenerateCodeCustom(key, uint64(at.Unix()/period), codes)
}
