// Package static carries the style sheet and the scripts inside the binary and serves them under addresses that
// contain a hash of their content, so that a browser may keep them for ever and never shows an old one.
package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
)

//go:embed app.css app.js favicon.svg all:vendor
var files embed.FS

const htmx = "vendor/htmx.min.js"

type asset struct {
	address     string
	contentType string
	plain       []byte
	gzipped     []byte
}

var assets, byAddress = load()

func load() (map[string]*asset, map[string]*asset) {
	byName, byAddress := map[string]*asset{}, map[string]*asset{}
	err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || strings.HasPrefix(entry.Name(), ".") {
			return err
		}
		content, err := files.ReadFile(name)
		if err != nil {
			return err
		}
		a := newAsset(name, content)
		byName[name], byAddress[a.address] = a, a
		return nil
	})
	if err != nil {
		panic(fmt.Sprintf("static: reading embedded files: %v", err))
	}
	return byName, byAddress
}

func newAsset(name string, content []byte) *asset {
	sum := sha256.Sum256(content)
	var zipped bytes.Buffer
	w, _ := gzip.NewWriterLevel(&zipped, gzip.BestCompression)
	_, _ = w.Write(content) // a bytes.Buffer does not fail
	_ = w.Close()
	return &asset{
		address:     "/static/" + hex.EncodeToString(sum[:6]) + "/" + name,
		contentType: mime.TypeByExtension(path.Ext(name)),
		plain:       content,
		gzipped:     zipped.Bytes(),
	}
}

// Path returns the address of a file of this folder, such as "app.css". It panics on a name that does not exist:
// names are constants in our own pages.
func Path(name string) string {
	a, ok := assets[name]
	if !ok {
		panic("static: no file " + name)
	}
	return a.address
}

// HasHTMX says whether the htmx script was there when the binary was built. Pages work without it.
func HasHTMX() bool { return assets[htmx] != nil }

// HTMXPath returns the address of the htmx script; ask HasHTMX first.
func HTMXPath() string { return Path(htmx) }

// Handler answers GET and HEAD below /static/. An address whose hash is not the current one answers 404.
func Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a, ok := byAddress[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		body := a.plain
		h := w.Header()
		h.Set("Content-Type", a.contentType)
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Vary", "Accept-Encoding")
		if acceptsGzip(r.Header.Get("Accept-Encoding")) {
			h.Set("Content-Encoding", "gzip")
			body = a.gzipped
		}
		h.Set("Content-Length", strconv.Itoa(len(body)))
		if r.Method != http.MethodHead {
			_, _ = w.Write(body) // the reader has gone: nobody to tell
		}
	})
}

func acceptsGzip(header string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, quality, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.EqualFold(strings.TrimSpace(name), "gzip") {
			q, hasQ := strings.CutPrefix(strings.ReplaceAll(quality, " ", ""), "q=")
			value, err := strconv.ParseFloat(q, 64)
			return !hasQ || (err == nil && value > 0)
		}
	}
	return false
}
