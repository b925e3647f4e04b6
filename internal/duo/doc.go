// Package duo is a client for the three HTTP APIs of Duo Security: the Accounts API (a provider's
// child accounts), the Admin API (users, phones, bypass codes, settings) and the Auth API.
//
// One function makes one API call. The client signs it, sends it once, and turns what comes back
// into a Go value or into one of two errors:
//
//   - [*Error]: Duo answered and refused.
//   - [*TransportError]: there was no answer, or none that could be understood.
//
// [MayHaveBeenApplied] says of either whether Duo may have carried the request out all the same;
// only when it says no is it safe to send a write again. The client itself sends again only what
// Duo has refused without applying it: any call after a refused clock (it asks Duo for the time,
// see [Client.ClockOffset]), and a read after a short rate limit.
//
// Secret keys are borrowed for the length of one signature ([Secret]) and never held as text.
// [NewTransport] is the network guard that connects to Duo's hosts and to nothing else.
package duo
