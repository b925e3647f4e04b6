package operators

import (
	"duodesk/views"
	"duodesk/views/sample"
)

func rangesSamples() []sample.Sample {
	page := RangesPage{Workspace: sample.Workspace, Name: "Northwind IT", You: "203.0.113.7"}
	saved := page
	saved.Saved, saved.Ranges.Value = true, "203.0.113.0/24\n2001:db8:4::/48"
	refused := page
	refused.Name, refused.Ranges = sample.Hostile.Name, views.Input{Value: "198.51.100.0/24\n" + sample.Hostile.Name,
		Error: "This would lock you out: you come from 203.0.113.7. Add a range that has it."}
	return []sample.Sample{
		{Name: "ranges", Shell: ownerShell(), Page: page},
		{Name: "ranges-saved", Shell: ownerShell(), Page: saved},
		{Name: "ranges-refused", Shell: ownerShell(), Page: refused},
	}
}
