package duosim

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

func (c *call) firstAdminLog() (any, *refusal) {
	return firstLogs(c, c.account.Logs.Actions, func(a *action) map[string]any {
		return map[string]any{
			"action": a.Name, "description": textOrNull(a.Description), "isotimestamp": isoSecond(a.At),
			"object":    textOrNull(a.Object),
			"timestamp": a.At / 1000, "username": a.ActorName,
		}
	})
}

func (c *call) firstTelephonyLog() (any, *refusal) {
	return firstLogs(c, c.account.Logs.Charges, func(e *charge) map[string]any {
		return map[string]any{
			"context": e.Context, "credits": e.Credits, "isotimestamp": isoSecond(e.At), "phone": e.Phone,
			"timestamp": e.At / 1000, "type": e.Type,
		}
	})
}

// firstOfflineLog is always empty: nothing simulated enrolls for offline access.
func (c *call) firstOfflineLog() (any, *refusal) {
	return firstLogs(c, []*action{}, func(*action) map[string]any { return nil })
}

// firstLoginLog has the members of version 1 of the authentication log; their full list is not published any more.
func (c *call) firstLoginLog() (any, *refusal) {
	return firstLogs(c, c.account.Logs.Logins, func(l *login) map[string]any {
		return map[string]any{
			"access_device": map[string]any{}, "alias": "", "device": l.DeviceName, "email": l.Email,
			"eventtype": l.Type, "factor": l.Factor,
			"integration": l.ApplicationName, "ip": l.IP, "isotimestamp": isoSecond(l.At), "location": nowhere(),
			"new_enrollment": l.Type == "enrollment", "reason": textOrNull(l.Reason),
			"result":    strings.ToUpper(l.Result),
			"timestamp": l.At / 1000, "txid": l.TxID, "username": l.Username,
		}
	})
}

// loginFilters are the parameters that thin the authentication log, each with what it looks at.
var loginFilters = map[string]func(*login) []string{
	"users":         func(l *login) []string { return []string{l.UserID} },
	"applications":  func(l *login) []string { return []string{l.IntegrationKey} },
	"groups":        func(l *login) []string { return l.Groups },
	"factors":       func(l *login) []string { return []string{l.Factor} },
	"results":       func(l *login) []string { return []string{l.Result} },
	"reasons":       func(l *login) []string { return []string{l.Reason} },
	"event_types":   func(l *login) []string { return []string{l.Type} },
	"phone_numbers": func(l *login) []string { return []string{l.DeviceName} },
	"token_id":      func(l *login) []string { return []string{l.DeviceKey} },
	"webauthnkey":   func(l *login) []string { return []string{l.DeviceKey} },
}

func (c *call) loginLog() (any, *refusal) {
	matching := slices.DeleteFunc(slices.Clone(c.account.Logs.Logins), func(l *login) bool {
		for name, values := range loginFilters {
			wanted := c.all(name)
			if name == "phone_numbers" {
				wanted = each(wanted, inOneForm)
			}
			if len(wanted) > 0 && !slices.ContainsFunc(values(l),
				func(value string) bool { return slices.Contains(wanted, value) }) {
				return true
			}
		}
		return false
	})
	found, total, next, no := logPage(c, matching)
	if no != nil {
		return nil, no
	}
	metadata := map[string]any{"total_objects": total, "next_offset": nil}
	if next != nil { // two strings, which is what the official Go client reads
		metadata["next_offset"] = []string{strconv.FormatInt(next.at, 10), next.id}
	}
	return map[string]any{"authlogs": each(found, loginView), "metadata": metadata}, nil
}

// inOneForm is a number as phones and the log have it; what is no number stays as it is.
func inOneForm(text string) string {
	if number, valid := normalNumber(text); valid {
		return number
	}
	return text
}

func loginView(l *login) map[string]any {
	device := map[string]any{"ip": nil, "key": textOrNull(l.DeviceKey), "location": nowhere(),
		"name": textOrNull(l.DeviceName)}
	groups := l.Groups
	if groups == nil {
		groups = []string{}
	}
	return map[string]any{
		"access_device": map[string]any{
			"browser": nil, "browser_version": nil, "epkey": nil, "flash_version": nil, "hostname": nil,
			"ip":                    textOrNull(l.IP),
			"is_encryption_enabled": "unknown", "is_firewall_enabled": "unknown", "is_password_set": "unknown",
			"java_version": nil,
			"location":     nowhere(), "os": nil, "os_version": nil, "security_agents": "unknown",
		},
		"adaptive_trust_assessments": map[string]any{}, "alias": "unknown",
		"application": map[string]any{"key": l.IntegrationKey, "name": l.ApplicationName}, "auth_device": device,
		"email": l.Email, "event_type": l.Type, "factor": textOrNull(l.Factor), "isotimestamp": isoMicro(l.At),
		"ood_software": nil,
		"reason":       textOrNull(l.Reason), "result": l.Result, "timestamp": l.At / 1000,
		"trusted_endpoint_status": "unknown", "txid": l.TxID,
		"user": map[string]any{"groups": groups, "key": l.UserID, "name": l.Username},
	}
}

func nowhere() map[string]any { return map[string]any{"city": nil, "country": nil, "state": nil} }

func (c *call) activityLog() (any, *refusal) {
	found, total, next, no := logPage(c, c.account.Logs.Actions)
	if no != nil {
		return nil, no
	}
	return itemsAnswer(each(found, c.account.activityView), total, next), nil
}

// activityView knows target.key of users alone; a bulk call names its users in one text, which is our choice.
func (a *account) activityView(e *action) map[string]any {
	details, err := json.Marshal(map[string]string{"ikey": e.ActorKey})
	if err != nil {
		panic(err) // plain values
	}
	kind, _, _ := strings.Cut(e.Name, "_")
	return map[string]any{
		"access_device": map[string]any{
			"browser": nil, "browser_version": nil, "ip": map[string]any{"address": nil}, "location": nowhere(),
			"os": nil, "os_version": nil,
		},
		"action": map[string]any{"details": nil, "name": e.Name}, "activity_id": e.ID,
		"actor": map[string]any{"details": string(details), "key": textOrNull(e.ActorKey), "name": e.ActorName,
			"type": e.ActorType},
		"akey": a.AccountID,
		"application": map[string]any{"key": textOrNull(e.ActorKey), "name": e.ActorName,
			"type": textOrNull(e.ActorType)},
		"old_target": nil, "outcome": map[string]any{"result": "SUCCESS"},
		"target": map[string]any{"details": textOrNull(e.Description), "key": textOrNull(e.ObjectKey),
			"name": textOrNull(e.Object), "type": kind},
		"ts": isoMicro(e.At),
	}
}

func (c *call) telephonyLog() (any, *refusal) {
	found, total, next, no := logPage(c, c.account.Logs.Charges)
	if no != nil {
		return nil, no
	}
	items := each(found, func(e *charge) map[string]any {
		return map[string]any{
			"context": e.Context, "credits": e.Credits, "phone": e.Phone, "telephony_id": e.ID, "ts": isoMicro(e.At),
			"txid": textOrNull(e.TxID), "type": e.Type,
		}
	})
	return itemsAnswer(items, total, next), nil
}

// itemsAnswer is the form of the two newer logs, whose next_offset is one text.
func itemsAnswer(items []map[string]any, total int, next *cursor) map[string]any {
	metadata := map[string]any{"total_objects": total, "next_offset": nil}
	if next != nil {
		metadata["next_offset"] = strconv.FormatInt(next.at, 10) + "," + next.id
	}
	return map[string]any{"items": items, "metadata": metadata}
}
