package duosim

import (
	"maps"
	"slices"
	"time"
)

// What an Effect was.
const (
	Changed = "changed" // something stored is different now
	Sent    = "sent"    // a message went out to a person
)

// Effect is one thing that a request really did. Requests that were refused, failed before acting or found nothing to
// do leave none, so tests can prove that something happened exactly once, and in no other account.
type Effect struct {
	Time           time.Time         `json:"time"`
	Kind           string            `json:"kind"`       // Changed or Sent
	AccountID      string            `json:"account_id"` // the account acted on
	IntegrationKey string            `json:"integration_key"`
	Method         string            `json:"method"`
	Path           string            `json:"path"`
	Parameters     map[string]string `json:"parameters"` // without account_id and without codes
}

// Message is one text message or email that the simulator would have sent. It may hold an activation link or passcodes.
type Message struct {
	Time      time.Time `json:"time"`
	AccountID string    `json:"account_id"`
	PhoneID   string    `json:"phone_id"`
	Number    string    `json:"number"`
	Email     string    `json:"email"` // of an email, which has no phone
	Subject   string    `json:"subject"`
	Text      string    `json:"text"`
}

// Ledger returns every effect since New, oldest first. Seeding through Go methods leaves none.
func (s *Sim) Ledger() []Effect {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.applyLate()
	return slices.Clone(s.ledger)
}

// Outbox returns the text messages and emails sent to people of an account since New, oldest first.
func (s *Sim) Outbox(accountID string) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(s.outbox), func(m Message) bool { return m.AccountID != accountID })
}

// Calls counts the requests with a good signature that named an account, reads and refused ones included.
func (s *Sim) Calls(accountID string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls[accountID]
}

// record notes that the handler has changed something, in the ledger and in the account's administrator log. object is
// the name of what was changed, as the log shows it.
func (c *call) record(object string) {
	description := map[string]any{}
	for name, value := range c.shownParameters() {
		if name == "username" {
			name = "uname"
		}
		description[name] = value
	}
	c.recordAs(object, description)
}

// recordAs is record with a description of its own.
func (c *call) recordAs(object string, description map[string]any) {
	c.effect(Changed)
	c.logAction(c.route.action, object, description)
}

// text puts a text message into the outbox, takes its price and enters it into the telephony log.
func (c *call) text(p *phone, context, text string) {
	c.charge(p.Number, context, "sms", "", 1)
	c.sim.outbox = append(c.sim.outbox, Message{Time: c.now, AccountID: c.account.AccountID, PhoneID: p.PhoneID,
		Number: p.Number, Text: text})
	c.effect(Sent)
}

func (c *call) email(address, subject, text string) {
	c.sim.outbox = append(c.sim.outbox, Message{Time: c.now, AccountID: c.account.AccountID, Email: address,
		Subject: subject, Text: text})
	c.effect(Sent)
}

func (c *call) effect(kind string) {
	c.effects++
	c.sim.ledger = append(c.sim.ledger, Effect{
		Time: c.now, Kind: kind, AccountID: c.account.AccountID, IntegrationKey: c.app.IntegrationKey,
		Method: c.req.method, Path: c.req.path, Parameters: c.shownParameters(),
	})
}

// shownParameters leaves out what would be a secret or says nothing.
func (c *call) shownParameters() map[string]string {
	parameters := maps.Clone(c.req.params)
	for _, name := range []string{"account_id", "codes", "passcode", "secret", "private_id", "aes_key", "code1",
		"code2", "code3", "logo", "background_img"} {
		delete(parameters, name)
	}
	return parameters
}
