// Package duo is a client for the three HTTP APIs of Duo Security: the Accounts API (a provider's
// child accounts), the Admin API (users, phones, bypass codes, settings, logs) and the Auth API
// (authentication). It uses nothing but the standard library.
//
// # Making a client
//
// [New] takes what an application's page in Duo's panel shows, and [Options], of which the zero
// value will do. Clients are cheap: make one for each piece of work. What should be shared goes
// into the options: one transport ([NewTransport], the network guard that connects to Duo's hosts
// and to nothing else) and one [Pacer].
//
// The secret key is lent for the length of one signature ([Secret]) and never held as text.
//
// # Calls
//
// One function makes one API call, and its documentation ends in the call that it makes. The client
// signs it, sends it once, and turns what comes back into a Go value. Duo's answers vary by age and
// edition of the account, and are read leniently: a scalar that is missing, null or of another type
// is the zero value, numbers may be text, unknown members are ignored. What must be there, such as
// the result of an authentication, is an error if it is not, and so is a list that is none.
//
// Times are UTC; a zero time means never or not known. Durations travel as whole seconds; half a
// second is refused, because rounded to 0 it would mean "for ever". Identifiers have types, so that
// a phone cannot be deleted in place of a user, and are checked before they become part of a path.
//
// [Client.Do] makes calls that have no function of their own, with any signature ([V5], the default,
// to [V2SHA1]).
//
// # Errors and unknown outcomes
//
// An error is one of two:
//
//   - [*Error]: Duo answered and refused. Code tells why.
//   - [*TransportError]: there was no answer, or none that could be understood. Failure tells why,
//     and Sent whether Duo may have seen the request.
//
// [MayHaveBeenApplied] says of either whether Duo may have carried the request out all the same;
// only when it says no is it safe to send a write again. A write that timed out is neither done nor
// not done: look at what is there. The client itself sends again only what Duo has refused without
// applying it: any call after a refused clock (it asks Duo for the time, see [Client.ClockOffset]),
// and a read after a rate limit (see [Client.Do]), each time with a new date and signature.
//
// # Lists and logs
//
// Lists come in pages: UsersPage returns one, Users walks all of them. Logs and [Client.DoPages]
// take a bound on the pages and end with [ErrMorePages] when there are more. A walk ends with its
// first error, so check the error in the loop; what came before it is good.
//
// # Child accounts
//
// A provider's Accounts API application reaches the Admin API of each child account through
// [Client.ForAccount]. The Auth API of a child wants an application of its own there, see
// [Client.CreateAuthIntegration] and [Client.IntegrationSecret].
//
// # Pacing
//
// Duo limits requests per account and asks that logs are read about once a minute. A [Pacer] keeps
// to that before Duo has to say so: 8 requests at once and 4 a second, with half kept for people
// while [Options.Background] clients work. After a rate limit, or when an account does not answer, it
// lets one call at a time through and fails the others at once, with Limited or Silent.
//
// # Secrets in answers
//
// Activation links, enrollment codes and secret keys are [Sensitive], bypass codes are [Codes]: they
// are not printed or logged by accident. [Answer] is raw and hides nothing.
package duo
