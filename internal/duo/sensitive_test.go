package duo

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

// TestSensitiveAnswersStayOut prints every answer that opens a door in every usual way.
func TestSensitiveAnswersStayOut(t *testing.T) {
	t.Parallel()
	const canary = "duo://canary"
	for _, answer := range []any{
		Sensitive(canary), new(Sensitive(canary)), Codes{canary}, []Codes{{canary}},
		Activation{URL: canary, Barcode: canary, InstallationURL: canary}, &Activation{URL: canary},
		SentActivation{Message: canary, Barcode: canary},
		Enrollment{ActivationCode: canary, ActivationURL: canary, Barcode: canary, BypassCodes: Codes{canary}},
		Preauth{EnrollURL: canary, VerificationCode: canary}, AuthResult{TrustedDeviceToken: canary},
		VerificationPush{Code: canary}, AccessDevice{TrustedDeviceToken: canary},
		map[string]any{"x": Sensitive(canary)},
	} {
		asJSON, err := json.Marshal(answer)
		if err != nil {
			t.Errorf("%T: %v", answer, err)
		}
		var log strings.Builder
		slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "answer", answer)
		slog.New(slog.NewTextHandler(&log, nil)).Info("x", "answer", answer)
		printed := fmt.Sprintf("%v %+v %#v %s %q %x %d", answer, answer, answer, answer, answer, answer, answer) +
			string(asJSON) + log.String()
		if strings.Contains(printed, canary) || strings.Contains(printed, fmt.Sprintf("%x", canary)) {
			t.Errorf("%T prints as %s", answer, printed)
		}
	}
	if printed := fmt.Sprintf("%q|%s|%s", Sensitive(""), Sensitive("x"),
		Codes{"1", "2"}); printed != "|(hidden)|2 (hidden)" {
		t.Error(printed)
	}
}
