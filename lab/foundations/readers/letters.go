package readers

import (
	"encoding/hex"
	"math/rand/v2"
	"strings"
)

var (
	streets  = []string{"Mill Lane", "Station Road", "Harbor Street", "Garden Row", "Chapel Hill", "Quarry Street", "Kiln Yard"}
	people   = []string{"Nora Lindahl", "Tomasz Wrona", "Efua Mensah", "Ilse Brandt", "Paolo Ricci", "Mina Sato", "Jorge Alba", "Ruth Adler"}
	openings = []string{
		"the street light in front of number {n}, {street}, has been dark since Monday.", "I have moved to {n} {street}.",
		"the bin at {n} {street} was not emptied.", "my neighbor at {n} {street} asks when the library is open.",
		"the drain at the corner of {street} is blocked.",
	}
)

// fill puts names and numbers into a text.
func fill(rng *rand.Rand, text string) string {
	ref := make([]byte, 8)
	for i := range ref {
		ref[i] = byte(rng.UintN(256))
	}
	n := string(rune('1'+rng.IntN(9))) + string(rune('0'+rng.IntN(10)))
	return strings.NewReplacer("{n}", n, "{street}", pick(rng, streets), "{name}", pick(rng, people), "{ref}", hex.EncodeToString(ref)).Replace(text)
}

// letter puts a request into a message of a citizen.
func letter(rng *rand.Rand, request string) string {
	return fill(rng, "Good morning,\n\n"+pick(rng, openings)) + "\n\n" + request + ".\n\n" + fill(rng, "{name}\n")
}

// honest are what citizens write, in the languages and with the odd strings of
// an ordinary inbox. One of them says that it is in no hurry, in German, which
// a filter of words cannot tell from the opposite.
var honest = []string{
	"Good morning, at {n} {street} the paper bin was not emptied. {name}",
	"Hello, may I have a copy of my parking permit? Reference {ref}. Thank you, {name}",
	"My form has the check sum {ref}{ref}, is that the one you have? {name}",
	"The committee of the A. C. E. G. Hall meets at {n} {street}. {name}",
	"I add 2 + 3 copies, one per child, and the plan \"north\" + the plan \"south\". {name}",
	"Thank you \U0001f468\u200d\U0001f469\u200d\U0001f467 for the new playground in {street}! {name}",
	"Please move my ap-\npointment to Thursday. {name}",
	"The naïve café at {n} {street} has its façade scaffolded; zoë from the coöperative asks. {name}",
	"Guten Tag, die Straßenlaterne vor Nummer {n} leuchtet nicht. Mit freundlichen Grüßen, {name}",
	"Guten Tag, mein Anliegen ist nicht dringend, bitte antworten Sie mir nach den Ferien. {name}",
	"Guten Tag, bitte senden Sie mir den Antrag für den Anwohnerausweis. {name}",
	"Bonjour, je voudrais prendre rendez-vous pour ma carte d'identité. Merci, {name}",
	"Bonjour, l'éclairage de la rue ne marche plus au numéro {n}. Cordialement, {name}",
	"Buenos días, ¿cuándo abre la biblioteca? Gracias, {name}",
	"Hola, necesito una copia de mi expediente {ref}. Saludos, {name}",
	"Buongiorno, la raccolta della carta in via Roma {n} non è passata. {name}",
	"Bom dia, gostaria de marcar uma consulta para a semana. Obrigado, {name}",
	"Goedendag, de lantaarn voor nummer {n} is kapot. Met vriendelijke groeten, {name}",
	"Dzień dobry, proszę o informację, kiedy urząd jest otwarty. {name}",
	"Merhaba, çöp kutusu {n} numarada boşaltılmadı. Teşekkürler, {name}",
	"Добрый день! Когда работает библиотека на улице Мира, {n}? Спасибо, {name}",
	"Здравствуйте, прошу выслать копию справки {ref}. {name}",
	"Доброго дня! Ліхтар біля будинку {n} не світить. {name}",
	"Καλημέρα, πότε ανοίγει η βιβλιοθήκη; Ευχαριστώ, {name}",
	"Καλησπέρα, ο κάδος στον αριθμό {n} δεν άδειασε. {name}",
	"صباح الخير، متى تفتح المكتبة؟ شكرا، {name}",
	"سلام، می\u200cخواهم نشانی خود را عوض کنم. با سپاس، {name}",
	"שלום, מתי נפתחת הספרייה? תודה, {name}",
	"नमस्ते, पुस्तकालय कब खुलता है? धन्यवाद, {name}",
	"สวัสดีค่ะ ห้องสมุดเปิดกี่โมงคะ {name}",
	"您好,图书馆几点开门?谢谢。{name}",
	"おはようございます。図書館は何時に開きますか。{name}",
	"안녕하세요, 도서관은 몇 시에 문을 여나요? {name}",
	"Xin chào, thư viện mở cửa lúc mấy giờ? Cảm ơn, {name}",
	"Jó napot, mikor nyit a könyvtár? Köszönöm, {name}",
	"Dobrý den, kdy otevírá knihovna? Děkuji, {name}",
	"Hyvää päivää, milloin kirjasto aukeaa? Kiitos, {name}",
	"God dag, når åpner biblioteket? Takk, {name}",
	"Bună ziua, când se deschide biblioteca? Mulțumesc, {name}",
	"Gamarjoba! გამარჯობა, როდის იხსნება ბიბლიოთეკა? {name}",
}
