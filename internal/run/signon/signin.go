package signon

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/store"
)

const (
	reasonUnlinked = "The account at the provider is linked to nobody who may enter this workspace."
	reasonNoRole   = "The claim maps the account to no role. The membership was disabled."
)

// Operator returns the operator that an identity is linked to, and what a session through the
// provider begins with. If the workspace maps a claim, the membership gets the role of its
// values first, on record. It returns *Refused for an identity that is linked to nobody,
// and for one without a role.
func (d *Desk) Operator(ctx context.Context, t Taken, id Identity, from store.Origin) (o store.Operator,
	through store.Through, err error) {
	through = store.Through{Workspace: t.ID, Provider: t.was.Provider, Version: t.was.Version, Issuer: id.Issuer,
		Subject: id.Subject, At: id.At}
	var ended bool
	o, ended, err = d.operator(ctx, t, id, from, true)
	if errors.Is(err, store.ErrLastOwner) { // who stays one, whatever the claim says
		o, ended, err = d.operator(ctx, t, id, from, false)
	}
	switch {
	case errors.Is(err, store.ErrNotFound):
		err = refuseWith(reasonUnlinked, named(id))
	case err == nil && ended:
		err = refuseWith(reasonNoRole, named(id))
	}
	return o, through, err
}

// operator finds the operator of an identity and, with claims, applies the claim.
func (d *Desk) operator(ctx context.Context, t Taken, id Identity, from store.Origin,
	claims bool) (o store.Operator, ended bool, err error) {
	err = d.store.InWorkspace(ctx, store.WholeWorkspace(t.ID), func(tx *store.Tx) error {
		if claims && t.RoleClaim != "" { // of the settings that are compared below
			if err := tx.LockMembers(ctx); err != nil {
				return err
			}
		}
		now, err := tx.SignOn(ctx)
		if err == nil && (now.Provider != t.was.Provider || now.Version != t.was.Version) {
			err = refuse(reasonChanged)
		}
		if err != nil {
			return err
		}
		var m store.Member
		if o, m, err = tx.LinkedOperator(ctx, id.Issuer, id.Subject); err == nil && claims {
			ended, err = d.applyClaim(ctx, tx, now, m, id, from)
		}
		return err
	})
	return o, ended, err
}

// Changed is the refusal of a sign-in whose link, membership or settings changed just before
// the session began.
func Changed() *Refused { return &Refused{Reason: reasonChanged} }

// LinkedElsewhere is the refusal to link an identity that another operator has linked.
func LinkedElsewhere(id Identity) *Refused {
	return &Refused{"The account at the provider is linked to another operator of this workspace.", named(id)}
}

func named(id Identity) string {
	if id.Label == "" {
		return "Subject " + id.Subject
	}
	return id.Label + ", subject " + id.Subject
}

// roleBy returns the highest role that values of the claim map to; 0: none.
func roleBy(roles []store.ClaimRole, values []string) (highest catalog.Role) {
	for _, r := range roles {
		if slices.Contains(values, r.Value) {
			highest = max(highest, catalog.ParseRole(r.Role))
		}
	}
	return highest
}

// applyClaim gives a member the role of the claim, and disables one without a role: then ended
// is true. The break-glass owner and the last owner stay what they are.
func (d *Desk) applyClaim(ctx context.Context, tx *store.Tx, p store.SignOnSettings, m store.Member, id Identity,
	from store.Origin) (ended bool, err error) {
	if p.RoleClaim == "" || p.BreakGlass != nil && *p.BreakGlass == m.OperatorID {
		return false, nil
	}
	role, now := roleBy(p.Roles, id.values), d.now()
	event := store.Record{Operator: m.OperatorID, Subject: m.Email, At: now, Input: map[string]string{
		"before": m.Role, "claim": p.RoleClaim}}
	switch {
	case role.String() == m.Role:
		return false, nil
	case role == 0:
		event.Event = store.MemberDisabled
		event.Summary = fmt.Sprintf("Disabled %s in this workspace: the claim %s gives no role any more.", m.Email,
			p.RoleClaim)
		err, ended = tx.SetMemberDisabled(ctx, m.OperatorID, &now), true
	default:
		g := m.Grant()
		g.Role = role.String()
		if role == catalog.Owner {
			g.EveryOrganization, g.Organizations = true, nil
		}
		event.Event, event.Input["after"] = store.MemberChanged, g.Role
		event.Summary = fmt.Sprintf("Changed %s from %s to %s, as the claim %s says.", m.Email, m.Role, g.Role,
			p.RoleClaim)
		err = tx.ChangeMember(ctx, m.OperatorID, g)
	}
	if err != nil {
		return false, err
	}
	if role == catalog.Owner {
		if err := tx.Notify(ctx, store.NewNotice{Kind: store.NoticeOwnerGiven, Operator: m.OperatorID, From: from,
			At: now}); err != nil {
			return false, err
		}
	}
	return ended, tx.Record(ctx, event)
}
