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
	Time           time.Time
	Kind           string // Changed or Sent
	AccountID      string // the account acted on
	IntegrationKey string
	Method, Path   string
	Parameters     map[string]string // without account_id and without codes
}

// Message is one text message that the simulator would have sent. It may hold an activation link or passcodes.
type Message struct {
	Time                       time.Time
	AccountID, PhoneID, Number string
	Text                       string
}

// Ledger returns every effect since New, oldest first. Seeding through Go methods leaves none.
func (s *Sim) Ledger() []Effect {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.ledger)
}

// Outbox returns the text messages sent to phones of an account since New, oldest first.
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

// record notes that the handler has changed something.
func (c *call) record() { c.effect(Changed) }

// send puts a text message into the outbox and takes its price.
func (c *call) send(p *phone, text string) {
	c.account.TelephonyCredits = max(0, c.account.TelephonyCredits-1)
	c.sim.outbox = append(c.sim.outbox, Message{c.now, c.account.AccountID, p.PhoneID, p.Number, text})
	c.effect(Sent)
}

func (c *call) effect(kind string) {
	parameters := maps.Clone(c.req.params)
	for _, name := range []string{"account_id", "codes", "passcode"} {
		delete(parameters, name)
	}
	c.effects = append(c.effects, Effect{
		Time: c.now, Kind: kind, AccountID: c.account.AccountID, IntegrationKey: c.app.IntegrationKey,
		Method: c.req.method, Path: c.req.path, Parameters: parameters,
	})
}
