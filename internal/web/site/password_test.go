package site

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"testing"
)

func TestEasyPasswords(t *testing.T) {
	t.Parallel()
	fault := func(password string) string {
		return PasswordFault(password, "jane.whitfield@northwind.example", "Northwind MSP, Inc.", "northwind-msp")
	}
	for password, says := range map[string]string{
		"passwordpassword": "password", "Password1Password1": "password", "p4ssw0rdp4ssw0rd!": "password",
		"drowssapdrowssap": "password",
		"123456789012345":  "sequence", "0987654321098765": "side by side", "111111111111111": "repeated",
		"121212121212121212": "repeated",
		"northwindnorthwind": "northwind", "Northwind-2024-Duo!": "northwind", "N0rthw1ndN0rthw1nd": "northwind",
		"northwind1234567":      "northwind",
		"northwind northwind 1": "northwind", "dniwhtrondniwhtron": "northwind", "NorthwindMSP2024!": "northwindmsp",
		"northwind-msp-2025": "northwind",
		"n.o.r.t.h.w.i.n.d1": "northwind", "jane.whitfield@northwind.example": "whitfield",
		"janewhitfield2024": "whitfield", "Whitfield12345!": "whitfield",
		"JaneJaneJaneJane": "jane", "duoduoduoduoduo": "duo", "DuoDuodeskCisco1": "duodesk",
		"duodeskduodesk1": "duodesk", "Du0d3sk-Du0d3sk!": "duodesk",
		"ciscoduosecurity": "security", "ciscociscocisco": "cisco", "duo duo duo duo duo": "duo",
		"adminadminadmin": "admin", "administrator123": "words",
		"qwertyuiopasdfg": "common", "qwertzuiopasdfgh": "common", "asdfghjklasdfghjkl": "repeated",
		"zxcvbnmasdfghjkl": "common", "1qaz2wsx3edc4rfv": "common",
		"abcdefghijklmno": "sequence", "zyxwvutsrqponml": "sequence", "aaaabbbbccccdddd": "repeated",
		"abababababababab": "repeated",
		"letmeinletmein1":  "repeated", "iloveyouiloveyou": "repeated", "changemechangeme": "repeated",
		"monkeydragonmonkey": "common", "Summer2024Summer2024": "repeated",
		"welcomewelcome1": "repeated", "baseballfootball": "common", "trustno1trustno1": "repeated",
		"ｐａｓｓｗｏｒｄｐａｓｓｗｏｒｄ":                     "password",
		"north\u200bwind\u200bnorth\u200bwind": "northwind", "               ": "",
		"\xff\xfe\xff\xfe\xff\xfe\xff\xfe\xff\xfe\xff\xfe\xff\xfe\xff\xfe": "",
		strings.Repeat("a", 1024): "repeated", strings.Repeat("password", 128): "password",
		strings.Repeat("p4$$w0rd1@", 102): "password", strings.Repeat("1qaz", 256): "repeated",
	} {
		got := fault(password)
		if !strings.HasPrefix(got, "This is easy to guess") || !strings.Contains(got, says) ||
			!strings.HasSuffix(got, goodPassword) {
			t.Errorf("%.40q: %q, want words about %q", password, got, says)
		}
	}
	good := []string{
		"correct horse battery staple", "quarry lantern violet tuesday", "staple orbit velvet canyon",
		"Trumpet-Glacier-Onion-Fjord", "lanternvioletquarrytuesday", "moss kettle prairie ninety",
		"k3J9vQz81mWp7Lt", "xkcdqvzmwpltrhy", "7f3c-91ab-e40d-5528", "Zr!8vL#q2Wm@x9Tb",
		"northwind lantern violet tuesday", "my duo is a kettle of moss",
		"ordinateur flamant brume jeudi", "Käsekuchen Laterne Dienstag", "тихий океан ласточка вторник",
		"正しい馬電池ホチキス紫火曜日の朝に飛ぶ", "oxide8Badger8plume", "vexing-quartz-jumps-5",
	}
	for range 20 {
		raw := make([]byte, 12)
		rand.Read(raw)
		good = append(good, rand.Text(), base64.StdEncoding.EncodeToString(raw), hex.EncodeToString(raw))
	}
	for _, password := range good {
		if got := fault(password); got != "" {
			t.Errorf("%q: %q", password, got)
		}
	}
}
