package setup

import (
	"net/http"
	"strings"

	runsetup "duodesk/internal/run/setup"
	"duodesk/internal/web/site"
	"duodesk/views"
	"duodesk/views/setup"
)

// cardBoxes are cards of credential fields by the name of their API, with what
// the names of their hosts begin with.
type cardBoxes map[string]struct {
	card *setup.APICard
	host string
}

// setFaults puts faults and notes beside the boxes they are about.
func setFaults(cards cardBoxes, faults, notes map[string]string) {
	for name, c := range cards {
		key := name
		for _, box := range []struct {
			field string
			input *views.Input
		}{{c.host + "_host", &c.card.Host}, {key + "_integration_key", &c.card.IntegrationKey}, {key + "_paste", &c.card.Paste}} {
			if faults[box.field] != "" {
				box.input.Error = faults[box.field]
			}
			if notes[box.field] != "" {
				box.input.Note = notes[box.field]
			}
		}
		if text := faults[key+"_secret_key"]; text != "" {
			c.card.SecretKey.Error = text
		}
		if text := notes[key+"_secret_key"]; text != "" {
			c.card.SecretKey.Note = text
		}
	}
}

// showPasted says at the boxes of one API what was found in a pasted text, and
// returns the status of the answer.
func showPasted(cards cardBoxes, api string, did runsetup.Pasted, f site.Form) int {
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
		c := cards[api]
		c.card.Host.Value = shownAgain(f.Get(c.host + "_host"))
		c.card.IntegrationKey.Value = shownAgain(f.Get(api + "_integration_key"))
		if len(did.Faults) == 0 {
			faults[api+"_paste"], notes = "No host, integration key or secret key is in this text.", nil
		}
	}
	if len(did.Faults) > 0 {
		status = http.StatusUnprocessableEntity
	}
	setFaults(cards, faults, notes)
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
