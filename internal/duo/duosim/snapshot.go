package duosim

import (
	"maps"
	"slices"
)

// Snapshot is all that the accounts of a Sim hold at one moment, for tests that try many ways from it.
type Snapshot struct{ accounts []*account }

// Snapshot returns the present state. The ledger, the outbox and the counters of calls are no part of it.
func (s *Sim) Snapshot() Snapshot {
	s.mu.Lock()
	defer s.mu.Unlock()
	return Snapshot{cloneAccounts(s.accounts)}
}

// Revert makes a snapshot of this Sim, or of another one, the present state, and forgets the ledger and the outbox. The
// snapshot can be used again.
func (s *Sim) Revert(to Snapshot) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.accounts, s.ledger, s.outbox, s.late = cloneAccounts(to.accounts), nil, nil, nil
}

// UserState is a user as they are, the status that the trash hides included.
type UserState struct {
	UserID, Username string
	Aliases          []string // in the order of their positions
	Status           string
	BeforeTrash      string // the status that a user in the trash comes back with
	InForce          string // the status that counts at a login
	GroupIDs         []string
}

// UserStates returns the users of an account.
func (s *Sim) UserStates(accountID string) []UserState {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.mustAccount(accountID)
	return each(a.Users, func(u *user) UserState {
		state := UserState{
			UserID: u.UserID, Username: u.Username, Status: u.Status, BeforeTrash: u.StatusBeforeTrash,
			InForce: a.statusInForce(u), GroupIDs: slices.Clone(u.GroupIDs),
		}
		for _, position := range slices.Sorted(maps.Keys(u.Aliases)) {
			state.Aliases = append(state.Aliases, u.Aliases[position])
		}
		return state
	})
}

// GroupStatus returns the status of a group.
func (s *Sim) GroupStatus(accountID, groupID string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mustAccount(accountID).group(groupID).Status
}

func cloneAccounts(accounts []*account) []*account {
	return each(accounts, func(from *account) *account {
		a := *from
		a.Applications, a.Groups, a.Admins, a.Credentials = cloneAll(from.Applications), cloneAll(from.Groups),
			cloneAll(from.Admins), cloneAll(from.Credentials)
		a.Tokens, a.Pushes, a.Directories, a.Phones, a.Users = cloneAll(from.Tokens), cloneAll(from.Pushes),
			cloneAll(from.Directories), cloneAll(from.Phones), cloneAll(from.Users)
		a.Settings, a.GlobalPolicy, a.Policies = maps.Clone(from.Settings), maps.Clone(from.GlobalPolicy),
			cloneAll(from.Policies)
		a.Messaging = maps.Clone(from.Messaging)
		if from.BrandingDraft != nil {
			draft := *from.BrandingDraft
			a.BrandingDraft = &draft
		}
		for _, d := range a.Directories {
			d.LastSync = maps.Clone(d.LastSync)
		}
		for _, p := range a.Phones {
			p.SMSPasscodes = slices.Clone(p.SMSPasscodes)
		}
		for _, u := range a.Users {
			u.Aliases, u.CustomAttributes, u.BypassCodes = maps.Clone(u.Aliases), maps.Clone(u.CustomAttributes),
				cloneAll(u.BypassCodes)
			u.PhoneIDs, u.GroupIDs, u.TokenIDs = slices.Clone(u.PhoneIDs), slices.Clone(u.GroupIDs),
				slices.Clone(u.TokenIDs)
		}
		// Entries of a log are never changed, and what is appended to one clone is no matter of another.
		a.Logs = logs{slices.Clip(from.Logs.Logins), slices.Clip(from.Logs.Actions), slices.Clip(from.Logs.Charges)}
		return &a
	})
}

func cloneAll[T any](from []*T) []*T {
	if from == nil {
		return nil
	}
	return each(from, func(one *T) *T { clone := *one; return &clone })
}
