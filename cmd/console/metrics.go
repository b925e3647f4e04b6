package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"duodesk/internal/duo"
	"duodesk/internal/run"
	"duodesk/internal/secret"
	"duodesk/internal/store"
	"duodesk/internal/task"
	"duodesk/internal/web/site"
)

// metrics counts what this process does. Every label has few values, all of them
// ours: no workspace, organization, operator, host or id is one. What the record
// holds of all workspaces together is not counted, because serve's role of the
// database cannot see it.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.HistogramVec
	calls    *prometheus.HistogramVec
	closed   *prometheus.CounterVec
	sending  prometheus.Gauge
}

// seconds are the steps of the histograms: from a static file to the longest
// reading from Duo.
var seconds = []float64{.01, .03, .1, .3, 1, 3, 10, 30}

func newMetrics(s *store.Store) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "duodesk_http_request_duration_seconds",
			Help: "Requests by route, method and class of status; cut: the answer broke off.", Buckets: seconds,
		}, []string{"route", "method", "status"}),
		calls: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "duodesk_duo_call_duration_seconds", Help: "Requests made of Duo by API, endpoint and outcome.",
			Buckets: seconds,
		}, []string{"api", "endpoint", "outcome"}),
		closed: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "duodesk_runs_closed_total",
			Help: "Runs of actions by outcome; unclosed: the outcome could not be written down and will read as unknown.",
		}, []string{"outcome"}),
		sending: prometheus.NewGauge(prometheus.GaugeOpts{Name: "duodesk_runs_sending",
			Help: "Runs for which this process is asking Duo now."}),
	}
	for _, outcome := range []string{store.Applied, store.Refused, store.Unknown, run.Unclosed} {
		m.closed.WithLabelValues(outcome) // seen from the start: the first one is an increase
	}
	m.registry.MustRegister(m.requests, m.calls, m.closed, m.sending, collectors.NewGoCollector(),
		collectors.NewBuildInfoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "duodesk_password_hashes_total",
			Help: "Password hashes made: each takes tens of megabytes and milliseconds."},
			func() float64 { return float64(secret.Hashed()) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "duodesk_database_writes",
			Help: "1 while the database takes writes, as far as this process knows, 0 while it does not."},
			func() float64 {
				if s.Writing() != "" {
					return 0
				}
				return 1
			}),
		poolGauge("acquired", "Connections to the database in use.",
			func() float64 { return float64(s.Connections().Acquired) }),
		poolGauge("idle", "Connections to the database that wait for use.",
			func() float64 { return float64(s.Connections().Idle) }),
		poolGauge("max", "Connections to the database at most.",
			func() float64 { return float64(s.Connections().Max) }),
		poolCounter("waits_total", "How often a connection to the database had to be waited for.",
			func() float64 { return float64(s.Connections().Waits) }),
		poolCounter("wait_seconds_total", "How long connections to the database were waited for.",
			func() float64 { return s.Connections().Waited.Seconds() }),
	)
	return m
}

func poolGauge(name, help string, read func() float64) prometheus.Collector {
	return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "duodesk_pool_" + name, Help: help}, read)
}

func poolCounter(name, help string, read func() float64) prometheus.Collector {
	return prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "duodesk_pool_" + name, Help: help}, read)
}

func (m *metrics) served(r site.Served) {
	class := strconv.Itoa(r.Status/100) + "xx"
	if r.Cut {
		class = "cut"
	}
	m.requests.WithLabelValues(r.Route, r.Method, class).Observe(r.Took.Seconds())
}

func (m *metrics) called(c duo.Call) {
	m.calls.WithLabelValues(c.API(), c.Endpoint, c.Outcome()).Observe(c.Took.Seconds())
}

func (m *metrics) turned(state string) {
	if state == store.Sending {
		m.sending.Inc()
		return
	}
	m.sending.Dec()
	m.closed.WithLabelValues(state).Inc()
}

// listen answers /metrics and /healthz, and nothing else, until ctx ends: on an
// address of its own, so that no mistake of a proxy's shows them to the world.
func (m *metrics) listen(ctx context.Context, address string, log *slog.Logger) error {
	listener, err := openShared(ctx, "CONSOLE_METRICS_ADDR", address)
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelError), MaxRequestsInFlight: 4, Timeout: 10 * time.Second,
	}))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	server := &http.Server{
		Handler: mux, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 20 * time.Second,
		IdleTimeout:    2 * time.Minute,
		MaxHeaderBytes: 16 << 10, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	task.AfterFunc(ctx, log, "close metrics", func() { _ = server.Close() })
	task.Go(ctx, log, "metrics", func() error {
		err := server.Serve(listener)
		if !errors.Is(err, http.ErrServerClosed) {
			log.Error("metrics are not answered any more", "error", err)
		}
		return err
	})
	log.Info("serving metrics", "address", listener.Addr().String())
	return nil
}

// checkMetricsAddress asks for an address that is meant: with a host, so that
// all networks have to be said, and with a port of its own. Two sockets may share
// a port here, and the kernel would deal visitors out to both.
func checkMetricsAddress(address, public string) error {
	host, port, err := net.SplitHostPort(address)
	_, publicPort, _ := net.SplitHostPort(public)
	switch {
	case err != nil || host == "":
		return errors.New("this is not an address like 127.0.0.1:9464")
	case port == publicPort && port != "0":
		return fmt.Errorf("port %s is ADDR's; metrics need one of their own", port)
	}
	return nil
}
