//go:build proof

package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"

	"github.com/chromedp/chromedp"

	"duodesk/internal/duo/catalog"
)

// thingsEach is how many things of Duo an action that reads one is asked about.
const thingsEach = 3

// readEverything sends the form of every action that reads, and looks at what it
// brings back; it returns how many answers held a result.
func (c *crawl) readEverything(h hostile) (results int) {
	for _, a := range catalog.All() {
		if a.Kind != catalog.Read && a.Kind != catalog.Generic {
			continue
		}
		home := c.s.hostileHome()
		if a.OfWorkspace() {
			home = c.s.home()
		}
		for i := range thingsEach {
			values, named := valuesFor(a, h, i)
			if c.send(home+"/actions/"+a.Slug, values) == http.StatusOK {
				results++
			}
			if !named {
				break
			}
		}
	}
	return results
}

// valuesFor fills an action's form with the nth things of the account; named says
// whether it takes any.
func valuesFor(a catalog.Action, h hostile, n int) (values map[string]string, named bool) {
	values = map[string]string{}
	for _, field := range a.Fields {
		spec := field.Spec()
		switch things := h.things[spec.Of]; {
		case spec.Kind == "id" && len(things) > 0 && spec.Required:
			values[spec.Name] = things[n*7%len(things)]
			named = true
		case spec.Required:
			values[spec.Name] = spec.Example
		}
	}
	return values, named
}

// typed fills in the form of an action and says whether it is there.
const typed = `(values) => {
	const f = document.querySelector("main form[method=post]");
	if (f === null) return false;
	for (const name in values) if (f.elements[name]) f.elements[name].value = values[name];
	return true;
}`

// send fills in a form in the browser, sends it, and judges the answer like any
// page. Keys of the Auth API are not there for every account: then the desk says so.
func (c *crawl) send(address string, values map[string]string) int {
	c.visit(address)
	if !evaluate[bool](c.page, call(typed, values)) {
		c.fault(address, "there is no form to send")
		return 0
	}
	// A form of its own is sent to its action, one of the fields to the address of such forms.
	to := evaluate[string](c.page, `document.querySelector("main form[method=post]").getAttribute("action")`)
	c.mu.Lock()
	c.sending = to
	c.mu.Unlock()
	ctx, cancel := context.WithTimeout(c.page.ctx, pageTimeout)
	defer cancel()
	response, err := chromedp.RunResponse(ctx, chromedp.Click(chromedp.CSS("main form[method=post] p.buttons button"),
		chromedp.NodeEnabled))
	switch {
	case err != nil:
		c.fault(address, err.Error())
	case status(response) != http.StatusOK && status(response) != http.StatusConflict:
		c.fault(address, fmt.Sprintf("status %d for %s", status(response), url.QueryEscape(fmt.Sprint(values))))
	default:
		c.read(address)
	}
	c.judge(address)
	return status(response)
}
