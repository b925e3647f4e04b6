package duosim

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// given tells whether a parameter was sent at all, if only empty.
func (c *call) given(name string) bool {
	_, given := c.req.params[name]
	return given
}

func (c *call) param(name string) string { return c.req.params[name] }

// all returns every value of a parameter that may be repeated.
func (c *call) all(name string) []string {
	var values []string
	for _, p := range append(slices.Clone(c.req.query), c.req.form...) {
		if p.key == name {
			values = append(values, p.value)
		}
	}
	return values
}

// required returns a parameter that must be there and not be blank.
func (c *call) required(name string) (string, *refusal) {
	value, given := c.req.params[name]
	if !given {
		return "", refuse(40001, name)
	}
	if strings.TrimSpace(value) == "" {
		return "", refuse(40002, name)
	}
	return value, nil
}

// integer returns a whole number between least and most, or the default when the parameter is absent or empty.
func (c *call) integer(name string, missing, least, most int) (int, *refusal) {
	text := c.param(name)
	if text == "" {
		return missing, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < least || n > most {
		return 0, refuse(40002, name)
	}
	return n, nil
}

// boolean reads a flag in any of the spellings that Duo's clients send.
func (c *call) boolean(name string, missing bool) (bool, *refusal) {
	if c.param(name) == "" {
		return missing, nil
	}
	value, valid := parseBool(c.param(name))
	if !valid {
		return false, refuse(40002, name)
	}
	return value, nil
}

func parseBool(text string) (value, valid bool) {
	switch strings.ToLower(text) {
	case "1", "true":
		return true, true
	case "0", "false":
		return false, true
	}
	return false, false
}

// list reads a JSON array of strings sent as one parameter, at most 100 long.
func (c *call) list(name string) ([]string, *refusal) {
	var items []string
	if err := json.Unmarshal([]byte(c.param(name)), &items); err != nil || len(items) > 100 {
		return nil, refuse(40002, name)
	}
	return items, nil
}

// page cuts the requested piece out of a list and fills the paging metadata. A limit above the maximum is clamped,
// since official clients ask for too much; an offset past the end gives an empty page (our choice).
func page[T any](c *call, all []T, missing, most int) ([]T, *refusal) {
	const unbounded = 1 << 40
	limit, no := c.integer("limit", missing, 1, unbounded)
	if no != nil {
		return nil, no
	}
	offset, no := c.integer("offset", 0, 0, unbounded)
	if no != nil {
		return nil, no
	}
	limit = min(limit, most)
	c.metadata = map[string]any{"total_objects": len(all)}
	if offset > 0 {
		c.metadata["prev_offset"] = max(0, offset-limit)
	}
	if offset+limit < len(all) {
		c.metadata["next_offset"] = offset + limit
	}
	from := min(offset, len(all))
	return all[from:min(from+limit, len(all))], nil
}

// each turns a list into the JSON form of its items; never nil, since Duo sends [] and not null.
func each[T, V any](items []T, view func(T) V) []V {
	out := make([]V, 0, len(items))
	for _, item := range items {
		out = append(out, view(item))
	}
	return out
}

// without returns a list lacking one item, and whether it had it.
func without(items []string, item string) ([]string, bool) {
	i := slices.Index(items, item)
	if i < 0 {
		return items, false
	}
	return slices.Delete(slices.Clone(items), i, i+1), true
}
