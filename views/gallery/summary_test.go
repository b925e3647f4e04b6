package gallery

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"duodesk/views"
	"duodesk/views/sample"
)

// TestEveryFaultIsInTheSummary puts a fault into every input of every page: each that the page shows beside a field is
// in the summary at its top, which leads to the field.
func TestEveryFaultIsInTheSummary(t *testing.T) {
	t.Parallel()
	kinds := map[reflect.Type]bool{}
	for _, s := range Samples() {
		asIs := parse(t, drawn(t, s))
		for fault, to := range asIs.summary() {
			if to != "" && asIs.ids[to] != 1 {
				t.Errorf("%s: the summary leads from %q to %s, which is on the page %d times", s.Name, fault, to,
					asIs.ids[to])
			}
		}
		d := parse(t, drawn(t, faulty(s)))
		summary := d.summary()
		for _, n := range d.elements {
			fault, is := strings.CutPrefix(text(n), "Error: ")
			if attribute(n, "class") != "error" || !is {
				continue
			}
			kinds[reflect.TypeOf(s.Page)] = true
			if to, has := summary[fault]; !has || d.ids[to] != 1 {
				t.Errorf("%s: the summary has %q: %t, and leads to %q", s.Name, fault, has, to)
			}
		}
	}
	if len(kinds) < 20 {
		t.Errorf("only %d kinds of pages show a fault", len(kinds))
	}
}

// summary has the faults of a page's summary, without the names of their fields, and the ids that they lead to.
func (d document) summary() map[string]string {
	faults := map[string]string{}
	for _, n := range d.elements {
		if n.Data != "li" || n.Parent.Parent == nil ||
			!strings.HasPrefix(attribute(n.Parent.Parent, "class"), "summary") {
			continue
		}
		said, to := strings.TrimSpace(text(n)), ""
		for a := range n.Descendants() {
			to += strings.TrimPrefix(attribute(a, "href"), "#")
		}
		faults[said[strings.LastIndex(": "+said, ": "):]] = to
	}
	return faults
}

// faulty is a sample with a fault in every input.
func faulty(s sample.Sample) sample.Sample {
	page := reflect.New(reflect.TypeOf(s.Page)).Elem()
	page.Set(reflect.ValueOf(s.Page))
	n := 0
	setFaults(page, &n)
	s.Page = page.Interface().(views.Page)
	return s
}

// setFaults sets the faults of what a value holds, in copies of what it points to.
func setFaults(v reflect.Value, n *int) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			to := reflect.New(v.Type().Elem())
			to.Elem().Set(v.Elem())
			setFaults(to.Elem(), n)
			v.Set(to)
		}
	case reflect.Slice:
		if v.Len() > 0 {
			all := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
			reflect.Copy(all, v)
			for i := range all.Len() {
				setFaults(all.Index(i), n)
			}
			v.Set(all)
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[views.Table]() {
			return // what is chosen of a list has no faults: an address that is wrong is refused
		}
		for i := range v.NumField() {
			name, field := v.Type().Field(i).Name, v.Field(i)
			switch {
			case !field.CanSet():
			case field.Kind() == reflect.String && strings.HasSuffix(name, "Error"):
				*n++
				field.SetString(fmt.Sprintf("Fault %d.", *n))
			case name == "Held" && field.Kind() == reflect.Slice: // of a report of fraud: the form asks for a reason
				field.Set(reflect.ValueOf([]string{"Held back."}))
			default:
				setFaults(field, n)
			}
		}
	}
}
