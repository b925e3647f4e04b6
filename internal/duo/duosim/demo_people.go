package duosim

import (
	"fmt"
	"strings"
)

// names are ten given and ten family names each of ten cultures, enough for a thousand people without a repetition.
var names = [10][2]string{
	{"Emma Liam Harper Wyatt Grace Caleb Nora Marcus Hazel Dwight",
		"Whitfield Baxter Carmody Dunleavy Eastman Fairbanks Galloway Hathaway Ingram Jessup"},
	{"Søren Åsa Björn Freja Håkon Ingrid Lars Maja Nils Sigrid",
		"Ødegård Lindström Nygård Holm Sjöberg Bakke Dahl Eklund Strand Vik"},
	{"Jürgen Käthe Lukas Friederike Matthias Änne Florian Heike Dietmar Sabine",
		"Schäfer Vogel Krämer Böhm Weiß Lehmann Zöllner Huber Pfeiffer Brandt"},
	{"Lucía José María Andrés Ximena Raúl Inés Tomás Pilar Óscar",
		"Núñez Ibarra Peña Quiroga Salazar Villalobos Cárdenas Domínguez Echeverría Montoya"},
	{"Giulia Marco Chiara Luca Francesca Matteo Elena Davide Ilaria Paolo",
		"Esposito Romano Colombo Ricci Marino Greco Conti Mancini Lombardi Moretti"},
	{"Łukasz Agnieszka Paweł Zofia Wojciech Małgorzata Bartosz Katarzyna Tomasz Ewa",
		"Wiśniewski Kowalczyk Zieliński Szymańska Woźniak Dąbrowski Kaczmarek Piotrowska Grabowski Pawłowska"},
	{"Ayşe Mehmet Elif Emre Zeynep Kerem Defne Burak Selin Onur",
		"Yılmaz Demir Şahin Çelik Aydın Öztürk Arslan Doğan Kılıç Aksoy"},
	{"Ananya Rohan Kavya Vikram Meera Arjun Divya Sanjay Lakshmi Nikhil",
		"Iyer Banerjee Chaudhary Deshpande Gupta Joshi Kulkarni Menon Reddy Subramanian"},
	{"Chinedu Ngozi Tunde Folasade Emeka Yetunde Obinna Adaeze Segun Zainab",
		"Adeyemi Balogun Eze Ibrahim Nwosu Ogunleye Okafor Onyeka Uche Yusuf"},
	{"Minh Lan Haruto Yuki Jiho Seoyeon Wei Mei Omar Layla",
		"Tran Pham Sato Yamamoto Park Kim Zhang Chen Haddad Nasser"},
}

// poolName is a different name for every n below 1000.
func poolName(n int) string {
	culture, k := names[n%10], n/10%100
	given, family := strings.Fields(culture[0]), strings.Fields(culture[1])
	return given[k%10] + " " + family[(k/10+k)%10]
}

// plainLetters turns the letters of the names above into those of a username.
var plainLetters = strings.NewReplacer(
	"å", "a", "ä", "a", "ö", "o", "ü", "u", "ß", "ss", "ø", "o", "é", "e", "è", "e", "í", "i", "á", "a", "ó", "o", "ú",
	"u", "ñ", "n",
	"ł", "l", "ś", "s", "ź", "z", "ż", "z", "ń", "n", "ą", "a", "ę", "e", "ç", "c", "ğ", "g", "ş", "s", "ı", "i", "(",
	"", ")", "",
)

type phoneKind int

const (
	iPhone phoneKind = iota
	android
	newIPhone  // not activated yet
	newAndroid // not activated yet
	genericPhone
	unknownPhone
	landline
	iPad
)

// usualPhones are the sets of phones that staff go round in.
var usualPhones = [][]phoneKind{
	{iPhone}, {android}, {iPhone, landline}, {genericPhone}, {android}, {newIPhone}, {}, {iPhone, iPad}, {landline},
	{android}, {unknownPhone},
}

func demoPhone(kind phoneKind, owner string) PhoneSpec {
	switch kind {
	case iPhone:
		return PhoneSpec{Name: owner + "'s iPhone", Type: "Mobile", Platform: "Apple iOS", Model: "Apple iPhone 15",
			OSVersion: "18.5", Activated: true}
	case android:
		return PhoneSpec{Type: "Mobile", Platform: "Google Android", Model: "Google Pixel 9", OSVersion: "16",
			Activated: true}
	case newIPhone:
		return PhoneSpec{Type: "Mobile", Platform: "Apple iOS"}
	case newAndroid:
		return PhoneSpec{Type: "Mobile", Platform: "Google Android"}
	case genericPhone:
		return PhoneSpec{Type: "Mobile", Platform: "Generic Smartphone"}
	case landline:
		return PhoneSpec{Name: "Desk phone", Type: "Landline"}
	case iPad:
		return PhoneSpec{Name: owner + "'s iPad", Type: "Mobile", Platform: "Apple iOS", Model: "Apple iPad Air",
			OSVersion: "18.5", Activated: true}
	}
	return PhoneSpec{}
}

// The numbers lie in ranges that regulators keep free for fiction.

func usNumber(areas ...string) func(int) string {
	return func(n int) string { return fmt.Sprintf("+1%s55501%02d", areas[n/100%len(areas)], n%100) }
}

func britishNumber(n int) string { return fmt.Sprintf("+447700900%03d", n) }

func germanNumber(n int) string { return fmt.Sprintf("+491713920%03d", n) }

func swedishNumber(n int) string { return fmt.Sprintf("+46701740%03d", 605+n%95) }
