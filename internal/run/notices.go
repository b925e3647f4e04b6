package run

import (
	"strings"

	"duodesk/internal/duo/catalog"
	"duodesk/internal/store"
)

// NoticeTitle names a kind of notice.
func NoticeTitle(kind string) string {
	return map[string]string{
		store.NoticePasswordReset: "Password reset",
		store.NoticeFactorReset:   "Second factor reset",
		store.NoticeBreakGlass:    "Break-glass account used",
		store.NoticeNewDevice:     "Sign-in from a new device",
		store.NoticeOwnerGiven:    "Owner role given",
		store.NoticeRecoveryCode:  "Recovery code used",
		store.NoticeWrongCodes:    "Wrong second-factor codes",
		store.NoticeFactorsLost:   "Second factors lost",
	}[kind]
}

// NoticeText is a sentence that says what happened, which operator it is about and who did it.
func NoticeText(n store.Notice) string {
	who, by := catalog.Plain(n.Email), "on the host"
	if n.By != "" {
		by = "by " + catalog.Plain(n.By)
	}
	switch n.Kind {
	case store.NoticePasswordReset:
		return "The password of " + who + " was reset " + by + "."
	case store.NoticeFactorsLost:
		return who + " says that all second factors are lost, and asks to set up new ones. The password was right."
	case store.NoticeFactorReset:
		if n.Address != "" {
			return "The second factors of " + who + " were removed, as the owners had approved."
		}
		return "The second factor of " + who + " was reset " + by + "."
	case store.NoticeBreakGlass:
		return who + " signed in without single sign-on, which everyone else needs."
	case store.NoticeNewDevice:
		return who + " signed in with a browser that was not used before."
	case store.NoticeOwnerGiven:
		if n.By == "" && n.Address != "" {
			return who + " was given the Owner role by a claim of single sign-on."
		}
		return who + " was given the Owner role " + by + "."
	case store.NoticeRecoveryCode:
		return who + " signed in with a recovery code."
	case store.NoticeWrongCodes:
		return "Someone entered the right password of " + who + ", then many wrong second-factor codes."
	}
	return ""
}

// NoticePlace says where a notice came from: "203.0.113.7, Firefox on Windows", or the host.
func NoticePlace(n store.Notice) string {
	if n.Address == "" && n.Agent == "" {
		return "On the host"
	}
	return strings.TrimPrefix(catalog.Plain(n.Address)+", ", ", ") + BrowserName(n.Agent)
}

// BrowserName puts what a browser calls itself into words: "Firefox on Windows".
// Browsers name others too, so the order counts.
func BrowserName(agent string) string {
	first := func(pairs ...string) string {
		for i := 0; i < len(pairs); i += 2 {
			if strings.Contains(agent, pairs[i]) {
				return pairs[i+1]
			}
		}
		return ""
	}
	browser := first("Edg", "Edge", "OPR/", "Opera", "Firefox/", "Firefox", "FxiOS/", "Firefox", "CriOS/", "Chrome",
		"Chrome/", "Chrome", "Safari/", "Safari", "curl/", "curl")
	system := first("iPhone", "iPhone", "iPad", "iPad", "Android", "Android", "Windows", "Windows", "Mac OS X", "macOS",
		"CrOS", "ChromeOS", "Linux", "Linux")
	switch {
	case browser != "" && system != "":
		return browser + " on " + system
	case browser+system != "":
		return browser + system
	}
	return "Another browser"
}
