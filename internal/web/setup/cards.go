package setup

import (
	"cmp"
	"encoding/json"
	"net/http"
	"strings"

	runsetup "duodesk/internal/run/setup"
	"duodesk/internal/store"
	"duodesk/internal/web/site"
	"duodesk/views"
	"duodesk/views/setup"
)

// keyCards are the cards of a page by their API, and the boxes to paste into by name.
type keyCards struct {
	of    map[string]*setup.APICard
	paste map[string]*views.Input
}

func nineCards(page *setup.IntegrationPage) keyCards {
	return keyCards{
		of: map[string]*setup.APICard{store.AuthAPI: &page.Auth, store.AccountsAPI: &page.Accounts,
			store.AdminAPI: &page.Admin},
		paste: map[string]*views.Input{runsetup.Nine().Paste(): &page.Paste},
	}
}

func ownCards(page *setup.ConnectionPage) keyCards {
	return keyCards{
		of:    map[string]*setup.APICard{store.AdminAPI: &page.Own, store.AuthAPI: &page.Auth},
		paste: map[string]*views.Input{"own_paste": &page.Own.Paste, "ownauth_paste": &page.Auth.Paste},
	}
}

// fillCards fills in the cards of keys that are saved together.
func (s *pages) fillCards(v site.Visitor, cards keyCards, keys runsetup.Keys, state runsetup.KeyState) {
	for _, f := range keys.Form() {
		*cards.of[f.API] = s.apiCard(v, state, f)
	}
}

// apiCard is the card of one API's keys as stored: the draft's values where a refused form
// left some, else the candidate's, else those in use.
func (s *pages) apiCard(v site.Visitor, state runsetup.KeyState, f runsetup.Fields) setup.APICard {
	var card setup.APICard
	active, inUse := state.Version(f.API, store.Active)
	candidate, waiting := state.Version(f.API, store.Candidate)
	shown := active
	switch {
	case waiting && inUse:
		verdict := s.verdict(v, candidate)
		card.Candidate, card.Verdict = &verdict, s.verdict(v, active)
		shown = candidate
	case waiting:
		shown, card.Verdict = candidate, s.verdict(v, candidate)
		if card.Verdict.State == runsetup.Fails {
			card.Verdict.State = "unverified"
		}
	case inUse:
		card.Verdict = s.verdict(v, active)
	}
	card.Host.Value, card.IntegrationKey.Value = shown.Host, shown.IntegrationKey
	if waiting || inUse {
		setOn := shown.SetAt.In(v.Location()).Format("2 Jan 2006")
		card.SecretKey = setup.SecretInput{Stored: true, SetOn: setOn, SetBy: shown.SetBy}
	}
	if state.Draft != nil {
		card.Host.Value = shownAgain(state.Draft[f.Host])
		card.IntegrationKey.Value = shownAgain(state.Draft[f.IntegrationKey])
		if state.Draft[f.SecretKey] != "" {
			card.SecretKey.DraftUntil = s.When(v, state.DraftUntil).Text
		}
	}
	return card
}

func (s *pages) verdict(v site.Visitor, stored store.Version) setup.Verdict {
	shown := setup.Verdict{State: "unchecked", Headline: "Not checked yet", IntegrationKey: stored.IntegrationKey}
	if stored.Finding == nil {
		return shown
	}
	var found runsetup.Verdict
	if err := json.Unmarshal(stored.Verdict, &found); err != nil {
		return shown
	}
	shown.State, shown.Headline, shown.Cause, shown.Fix = *stored.Finding, found.Headline, found.Cause, found.Fix
	for _, step := range found.Steps {
		shown.Checks = append(shown.Checks, setup.Check(step))
	}
	shown.At, shown.By = s.When(v, *stored.CheckedAt), *stored.CheckedBy
	return shown
}

// set puts faults and notes beside the boxes they are about.
func (cards keyCards) set(keys runsetup.Keys, faults, notes map[string]string) {
	inputs := map[string]*views.Input{keys.Paste(): cards.paste[keys.Paste()]}
	for _, f := range keys.Form() {
		card := cards.of[f.API]
		inputs[f.Host], inputs[f.IntegrationKey] = &card.Host, &card.IntegrationKey
		secret := &card.SecretKey
		secret.Error, secret.Note = cmp.Or(faults[f.SecretKey], secret.Error), cmp.Or(notes[f.SecretKey], secret.Note)
	}
	for name, input := range inputs {
		input.Error, input.Note = cmp.Or(faults[name], input.Error), cmp.Or(notes[name], input.Note)
	}
}

// showPasted says at the boxes what was found in a pasted text, and returns the status
// of the answer.
func (cards keyCards) showPasted(keys runsetup.Keys, did runsetup.Pasted, typed site.Form) int {
	faults, notes := site.ByField(did.Faults), map[string]string{}
	for _, name := range did.Found {
		notes[name] = "✓ " + kindOfBox(name) + ", found in the pasted text."
	}
	for _, name := range did.Missing {
		notes[name] = kindOfBox(name) + ": not in the pasted text."
	}
	status := http.StatusOK
	if len(did.Found) == 0 {
		// Nothing was kept: the boxes hold what was typed.
		status = http.StatusUnprocessableEntity
		for _, f := range keys.Form() {
			card := cards.of[f.API]
			card.Host.Value = shownAgain(typed.Get(f.Host))
			card.IntegrationKey.Value = shownAgain(typed.Get(f.IntegrationKey))
		}
		if len(did.Faults) == 0 {
			faults[keys.Paste()], notes = "No host, integration key or secret key is in this text.", nil
		}
	}
	if len(did.Faults) > 0 {
		status = http.StatusUnprocessableEntity
	}
	cards.set(keys, faults, notes)
	return status
}

func kindOfBox(name string) string {
	switch {
	case strings.HasSuffix(name, "_host"):
		return "API hostname"
	case runsetup.SecretField(name):
		return "Secret key of 40 characters"
	}
	return "Integration key"
}
