package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"time"

	"duodesk/internal/duo/duosim"
	"duodesk/internal/task"
)

func duosimCommand(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("duosim", flag.ExitOnError)
	address := flags.String("listen", "127.0.0.1:0", "where to listen; port 0 takes a free one")
	estate := flags.String("estate", "demo", "demo, or empty: one parent account with its three applications")
	plain := flags.Bool("http", false, "plain HTTP instead of HTTPS with a private authority")
	rates := flags.Bool("rates", false, "limit calls per minute as Duo does")
	state := flags.String("state", "", "file to keep the state in across restarts")
	caDir := flags.String("ca", "", "folder to keep the certificate authority in across restarts")
	if err := parseFlags(flags, args); err != nil {
		return err
	}
	if *estate != duosim.EstateDemo && *estate != duosim.EstateEmpty {
		return fmt.Errorf("--estate is demo or empty, not %q", *estate)
	}
	server, err := startSimulator(ctx, *address, duosim.Options{Estate: *estate, StateFile: *state, Rates: *rates},
		duosim.ListenOptions{HTTP: *plain, CADir: *caDir})
	if err != nil {
		return err
	}
	ready, err := json.Marshal(server.Ready())
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(out, "%s\n", ready); err != nil {
		return err
	}
	return serveSimulator(ctx, server)
}

func startSimulator(ctx context.Context, address string, o duosim.Options,
	l duosim.ListenOptions) (*duosim.Server, error) {
	simulator, err := duosim.New(o)
	if err != nil {
		return nil, err
	}
	return duosim.Listen(ctx, address, simulator, l)
}

// serveSimulator answers until ctx ends.
func serveSimulator(ctx context.Context, server *duosim.Server) error {
	ended := task.Go(ctx, slog.Default(), "simulator", server.Serve)
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	closing, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	return server.Close(closing)
}
