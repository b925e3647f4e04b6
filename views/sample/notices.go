package sample

import "duodesk/views"

// Notices are the first n of so many notices that wait.
func Notices(n, total int) views.Notices {
	all := []views.NoticeRow{
		{ID: "0b1a7c1e-0000-4000-8000-000000000001", Kind: views.Chip{Level: "warn", Text: "Sign-in from a new device"},
			Text:   "tom@northwind.example signed in with a browser that was not used before.",
			Place:  "198.51.100.9, Firefox on Windows",
			Member: views.Link{Text: "tom@northwind.example", Href: views.Member(Workspace, "m1")}, At: MinutesAgo},
		{ID: "0b1a7c1e-0000-4000-8000-000000000002", Kind: views.Chip{Level: "warn", Text: "Owner role given"},
			Text:   "night.shift@northwind.example was given the Owner role by ana@northwind.example.",
			Place:  "2001:db8:85a3::8a2e:370:7334, Chrome on Android",
			Member: views.Link{Text: "night.shift@northwind.example", Href: views.Member(Workspace, "m2")},
			At:     ThisMonday},
		{ID: "0b1a7c1e-0000-4000-8000-000000000003", Kind: views.Chip{Level: "warn", Text: "Password reset"},
			Text:  "The password of " + Hostile.Name + "@northwind.example was reset on the host.",
			Place: "On the host", At: LastWeek},
		{ID: "0b1a7c1e-0000-4000-8000-000000000004", Kind: views.Chip{Level: "bad", Text: "Wrong second-factor codes"},
			Text:   "Someone entered the right password of tom@northwind.example, then many wrong second-factor codes.",
			Place:  "198.51.100.9, Another browser",
			Member: views.Link{Text: "tom@northwind.example", Href: views.Member(Workspace, "m1")}, At: LongAgo},
	}
	return views.Notices{Workspace: Workspace, Rows: all[:n], Total: total}
}

// PastNotices are notices that owners acknowledged.
func PastNotices() []views.NoticeRow {
	rows := Notices(3, 3).Rows
	for i := range rows {
		rows[i].AcknowledgedBy, rows[i].AcknowledgedAt = "ana@northwind.example", LastWeek
	}
	return rows
}
