package run

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/google/uuid"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/mail"
	"duodesk/internal/store"
)

// Notices are also mailed to the owners. A claim lasts until the next attempt is due, so that
// another process continues where one dies. A process that was suspended sends nothing under
// an old claim.

const (
	// MailEvery is the usual pause between looks for notices to mail.
	MailEvery = 5 * time.Second
	// mailBegins is how long after its claim a process may start to send a mail, so that
	// sending and recording it fit into the rest of the claim.
	mailBegins = store.NoticeMailLease - mail.Patience - 30*time.Second
	// markTry bounds one attempt to record a sent mail, and markPause is the pause between two.
	markTry   = 5 * time.Second
	markPause = time.Second
)

// MailNotices starts to mail due notices by a server and returns. It looks for them at once
// and after each pause of every, in the workspaces of only or in all, until Stop. A mail
// server that is slow or away delays nothing else.
func (r *Runner) MailNotices(server *mail.Server, every time.Duration, only ...uuid.UUID) {
	r.following.all.Go(r.following.ctx, r.Log, "mail notices", func() error {
		for {
			if err := r.mailDue(r.following.ctx, server, only); err != nil && r.following.ctx.Err() == nil {
				r.Log.Warn("notices could not be mailed: they are tried again", "error", err)
			}
			select {
			case <-time.After(every):
			case <-r.following.ctx.Done():
				return nil
			}
		}
	})
}

// mailDue mails the notices that are due in places, or in all workspaces. It stops if the
// server cannot be reached; the next look tries again.
func (r *Runner) mailDue(ctx context.Context, server *mail.Server, places []uuid.UUID) (err error) {
	if len(places) == 0 {
		if places, err = r.Store.WorkspacesWithMail(ctx, r.Now()); err != nil {
			return err
		}
	}
	places = slices.Clone(places)
	rand.Shuffle(len(places), func(i, j int) { places[i], places[j] = places[j], places[i] })
	for _, place := range places {
		for ctx.Err() == nil {
			err := r.mailNext(ctx, server, place)
			if errors.Is(err, store.ErrNotFound) {
				break
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// mailNext mails the notice of a workspace that has been due for longest. It returns
// store.ErrNotFound if none is due.
func (r *Runner) mailNext(ctx context.Context, server *mail.Server, place uuid.UUID) error {
	began := sinceBoot()
	var m store.NoticeMail
	err := r.Store.InWorkspace(ctx, store.WholeWorkspace(place), func(tx *store.Tx) error {
		given, err := tx.GiveUpNoticeMail(ctx, r.Now())
		if err != nil {
			return err
		}
		if given > 0 {
			r.Log.WarnContext(ctx, "notices are not mailed any more, after a day", "workspace", place, "notices", given)
		}
		m, err = tx.ClaimNoticeMail(ctx, r.Now())
		if errors.Is(err, store.ErrNotFound) {
			m, err = store.NoticeMail{}, nil // what was given up is committed
		}
		return err
	})
	if err == nil && m.Try == 0 {
		err = store.ErrNotFound
	}
	if err != nil {
		return err
	}
	return r.mailOwners(server, place, m, began)
}

// mailOwners sends a claimed notice to each owner who has not got it, in any order: one
// whose server is slow does not keep it from the others. What is being sent at a stop may
// finish.
func (r *Runner) mailOwners(server *mail.Server, place uuid.UUID, m store.NoticeMail, began time.Duration) error {
	rand.Shuffle(len(m.To), func(i, j int) { m.To[i], m.To[j] = m.To[j], m.To[i] })
	for _, to := range m.To {
		if sinceBoot()-began > mailBegins || r.following.ctx.Err() != nil {
			break
		}
		ctx, cancel := context.WithTimeout(r.grace, mail.Patience)
		err := server.Send(ctx, noticeMail(m, to))
		cancel()
		if err != nil {
			r.Log.Warn("a notice was not mailed", "workspace", place, "notice", m.ID, "attempt", m.Try, "error", err)
			if of, ok := errors.AsType[*mail.Error](err); ok && of.Step == mail.Connecting {
				return err
			}
			continue
		}
		if err := r.noteMailed(place, m, to.ID, began); err != nil {
			return fmt.Errorf("a notice was mailed, and that could not be noted: it may be mailed again: %w", err)
		}
	}
	return nil
}

// noteMailed records that a notice was mailed to an owner. It tries until the claim ends,
// because an unrecorded mail is sent again.
func (r *Runner) noteMailed(place uuid.UUID, m store.NoticeMail, to uuid.UUID, began time.Duration) error {
	for {
		ctx, cancel := context.WithTimeout(r.grace, markTry)
		err := r.Store.InWorkspace(ctx, store.WholeWorkspace(place),
			func(tx *store.Tx) error { return tx.NoticeMailed(ctx, m, to, r.Now()) })
		cancel()
		if err == nil || errors.Is(err, store.ErrNotFound) || sinceBoot()-began > store.NoticeMailLease ||
			r.grace.Err() != nil {
			return err
		}
		select {
		case <-time.After(markPause):
		case <-r.grace.Done():
		}
	}
}

// noticeMail is the mail of a notice to an owner. No link in it acts.
func noticeMail(m store.NoticeMail, to store.MailTo) mail.Message {
	workspace, title := catalog.Plain(m.Workspace), NoticeTitle(m.Kind)
	return mail.Message{ID: m.ID.String() + "." + to.ID.String(), To: to.Email, At: m.At,
		Subject: workspace + ": " + title,
		Text: title + " in the workspace " + workspace + "\n\n" + NoticeText(m.Notice) + "\n\nWhen: " +
			m.At.UTC().Format("2 Jan 2006, 15:04 UTC") + "\nFrom: " + NoticePlace(m.Notice) +
			"\n\nYou get this mail because you are an owner of this workspace. Sign in to Duodesk to see the notice" +
			" and acknowledge it.\nIf nobody knows why this happened, disable the member there.\n"}
}
