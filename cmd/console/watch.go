package main

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"duodesk/internal/secret"
	"duodesk/internal/store"
)

// keyLook is how often serve reads its key file again, so that a rotation needs
// neither a restart nor a signal. A mounted secret changes without a word, too.
const keyLook = 5 * time.Second

// watchKeys takes over other sealing keys when the key file has them. One that
// cannot be read, or is not this database's, is left alone until it changes: the
// keys in memory stay good.
func watchKeys(ctx context.Context, c config, s *store.Store, log *slog.Logger) {
	if c.keyFile == "" {
		return
	}
	look := time.NewTicker(c.keyLook)
	defer look.Stop()
	said := ""
	for {
		keys, err := secret.Load(c.keyFile)
		if err == nil && !slices.Equal(keys.Keys(), s.HeldKeys()) {
			if err = s.UseKeys(ctx, keys); err == nil {
				log.Info("the key file has other keys", "keys", fmt.Sprint(keys.Keys()))
			}
		}
		if now := wordsOf(err); now != said {
			if said = now; now != "" {
				log.Warn("the key file is not used: the keys read before stay", "error", now)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-look.C:
		}
	}
}

func wordsOf(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
