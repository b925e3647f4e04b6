package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"duodesk/internal/duo"
)

const bypassCodeCategory = "Admin API - Bypass Code"

// The fields of a bypass code, also read by the page that offers presets.
var (
	BypassUser = userID
	BypassLife = Span{Name: "valid_secs", Label: "Valid for", Min: time.Minute, Max: 30 * day, Default: time.Hour,
		Never:   "never expires",
		Presets: []time.Duration{15 * time.Minute, time.Hour, 4 * time.Hour, 8 * time.Hour, day, 7 * day}}
	BypassUses = Int{Name: "reuse_count", Label: "Uses", Help: "How many times each code works. 0: no limit.", Min: 0,
		Max: 100, Default: 1}
	BypassNew  = Int{Name: "count", Label: "How many codes", Min: 1, Max: 10, Default: 1}
	BypassKeep = Bool{Name: "preserve_existing", Label: "Keep the user's existing codes", Default: true}
)

// Duo keeps at most this many bypass codes per user and answers a request for
// more with a bare internal error.
const mostBypassCodes = 100

func createBypassCodes() Action {
	return Action{
		Slug: CreateBypassCodes, Title: "Create Bypass Code for User", Category: bypassCodeCategory,
		Unsure: "Look at the user's bypass codes. If a code was created at that time, its digits are lost: delete it and create another.",
		Help:   "Creates codes that replace the second factor. Duo shows them once.",
		API:    Admin, Call: "POST /admin/v1/users/{user_id}/bypass_codes", Kind: Write, Tier: Recent, Role: Helpdesk, Reveals: true,
		AsksFor: bypassAsks,
		Fields:  []Field{BypassUser, BypassNew, BypassUses, BypassLife, BypassKeep},
		RoleFor: bypassRole, TierFor: bypassCodesTier,
		Uses: func(in Values) []Use { return []Use{{BypassCodeQuota, BypassNew.Of(in)}} },
		Run: func(ctx context.Context, d *duo.Client, in Values) (Result, error) {
			id := duo.UserID(BypassUser.Of(in))
			user, err := d.User(ctx, id)
			if err != nil {
				return Result{}, err
			}
			if fault := NoUseOfCodes(user); fault != nil {
				return Result{Subject: user.Username}, fault
			}
			existing, err := d.UserBypassCodes(ctx, id)
			if err != nil {
				return Result{Subject: user.Username}, err
			}
			if BypassKeep.Of(in) && len(existing)+BypassNew.Of(in) > mostBypassCodes {
				return Result{Subject: user.Username}, &FieldError{Field: BypassNew.Name,
					Message: fmt.Sprintf("This user has %d codes; Duo's limit is %d.", len(existing), mostBypassCodes)}
			}
			life := BypassLife.Of(in)
			codes, err := d.CreateBypassCodes(ctx, id, duo.NewBypassCodes{
				Count: BypassNew.Of(in), ReuseCount: BypassUses.Of(in), ValidFor: life,
				PreserveExisting: BypassKeep.Of(in),
			})
			if err != nil {
				return Result{Subject: user.Username}, err
			}
			r := Result{Subject: user.Username, Life: life}
			if !BypassKeep.Of(in) {
				r.Replaced = len(existing)
			}
			r.Summary = bypassSummary(in, len(codes), r.Replaced)
			r.Raw, _ = json.Marshal([]string(codes)) // what is read next is not the answer
			r.Codes = newCodes(ctx, d, id, existing, len(codes))
			for _, code := range codes {
				r.Secrets = append(r.Secrets, Secret{Label: BypassCodeSecret, Value: code})
			}
			return r, nil
		},
	}
}

// lookForCodes is how long a new code waits for the look at what Duo calls it.
const lookForCodes = 3 * time.Second

// newCodes returns Duo's ids of as many codes as were made just now, so that the record
// knows later who made them; none where that is not certain.
func newCodes(ctx context.Context, d *duo.Client, user duo.UserID, before []duo.BypassCode, made int) []string {
	ctx, cancel := context.WithTimeout(ctx, lookForCodes)
	defer cancel()
	after, err := d.UserBypassCodes(ctx, user)
	if err != nil {
		return nil
	}
	var ids []string
	for _, code := range after {
		if !slices.ContainsFunc(before, func(b duo.BypassCode) bool { return b.ID == code.ID }) {
			ids = append(ids, string(code.ID))
		}
	}
	if len(ids) != made {
		return nil // someone else made some, or one is used up already
	}
	return ids
}

// NoUseOfCodes says why a user gets no bypass codes; nil if they may.
func NoUseOfCodes(u duo.User) error {
	if u.Status != duo.StatusDisabled && u.Status != duo.StatusPendingDeletion {
		return nil
	}
	return &FieldError{Field: BypassUser.Name, Message: "This user cannot log in (" + string(u.Status) +
		"), not even with a bypass code."}
}

// bypassRole lets a help desk make one short code, a technician what lasts a
// day, and only an administrator what lasts longer or for ever.
func bypassRole(in Values) Role {
	life, uses := BypassLife.Of(in), BypassUses.Of(in)
	switch {
	case life == 0 || uses == 0 || life > day:
		return Administrator
	case life > time.Hour || uses > 1 || BypassNew.Of(in) > 1 || !BypassKeep.Of(in):
		return Technician
	}
	return Helpdesk
}

// bypassCodesTier: a code without an end takes a proof of its own.
func bypassCodesTier(in Values) Tier {
	if BypassLife.Of(in) == 0 || BypassUses.Of(in) == 0 {
		return Act
	}
	return Recent
}

func bypassAsks(in Values) string {
	if BypassKeep.Of(in) {
		return "Anyone with one of these codes can log in without a second factor."
	}
	return "Anyone with one of these codes can log in without a second factor. The user's existing codes stop working at once."
}

func bypassSummary(in Values, made, replaced int) string {
	life := "no expiration"
	if d := BypassLife.Of(in); d > 0 {
		life = "valid for " + Duration(d)
	}
	uses := "any number of uses"
	if n := BypassUses.Of(in); n > 0 {
		uses = counted(n, "use", "uses")
	}
	summary := fmt.Sprintf("Created %s, %s each, %s", counted(made, "bypass code", "bypass codes"), uses, life)
	if replaced > 0 {
		summary += "; replaced " + EarlierCodes(replaced)
	}
	return summary + "."
}

// EarlierCodes counts bypass codes that were replaced: "2 earlier codes".
func EarlierCodes(n int) string { return counted(n, "earlier code", "earlier codes") }

func deleteBypassCode() Action {
	return Action{
		Slug: DeleteBypassCode, Title: "Delete Bypass Code", Category: bypassCodeCategory,
		Deletes: true,
		Unsure:  "Check whether the code is still listed.",
		Help:    "The code stops working at once.",
		API:     Admin, Call: "DELETE /admin/v1/bypass_codes/{bypass_code_id}", Kind: Write, Tier: Recent, Role: Technician,
		Fields: []Field{bypassCodeID},
		Asks:   "The code stops working at once.",
		Run: func(ctx context.Context, d *duo.Client, in Values) (Result, error) {
			id := duo.BypassCodeID(bypassCodeID.Of(in))
			// Duo answers a deletion of nothing like any other: look first, so that
			// the record tells whose code went.
			found, err := d.BypassCode(ctx, id)
			if err != nil {
				return Result{}, err
			}
			subject, about := found.User.Username, usersOf(found.User)
			if err := d.DeleteBypassCode(ctx, id); err != nil {
				return Result{Subject: subject, Facts: about}, err
			}
			return Result{Subject: subject, Facts: about, Summary: "Deleted a bypass code."}, nil
		},
	}
}
