package text

import (
	"strings"
	"unicode"
)

// final is the sound on which a Korean reading ends.
type final int

const (
	unsure    final = iota // nobody can say how it is read
	open                   // a vowel
	closed                 // a consonant
	closedByL              // ㄹ, after which 으로 becomes 로
)

// attach returns the form of a particle that follows word. A particle of two
// letters names both forms, the one after a consonant first; 으로 stands for
// 으로 and 로, 이라 and its like drop their 이 after a vowel. Where the reading
// is not known, both forms are written, as Korean prose does: 은(는).
func attach(word, particle string) string {
	sound := ending(word)
	runes := []rune(particle)
	switch {
	case particle == "으로":
		switch sound {
		case closed:
			return "으로"
		case unsure:
			return "(으)로"
		case open, closedByL:
		}
		return "로"
	case len(runes) == 2 && pairs[particle]:
		switch sound {
		case closed, closedByL:
			return string(runes[:1])
		case open:
			return string(runes[1:])
		case unsure:
		}
		return string(runes[:1]) + "(" + string(runes[1:]) + ")"
	case len(runes) >= 2 && runes[0] == '이':
		switch sound {
		case closed, closedByL:
			return particle
		case open:
			return string(runes[1:])
		case unsure:
		}
		return "(이)" + string(runes[1:])
	}
	return particle
}

// pairs are the particles that exist in two forms of one letter each.
var pairs = map[string]bool{"은는": true, "이가": true, "을를": true, "과와": true, "아야": true}

// ending returns the sound on which a word ends when a Korean reads it aloud.
// Signs at the end are silent: brackets, quotes, full stops.
func ending(word string) final {
	runes := []rune(word)
	end := len(runes)
	for end > 0 && !unicode.IsLetter(runes[end-1]) && !unicode.IsDigit(runes[end-1]) {
		if runes[end-1] == '%' {
			return open // 퍼센트, 프로
		}
		end--
	}
	if end == 0 {
		return unsure
	}
	last := runes[end-1]
	switch {
	case last >= 0xAC00 && last <= 0xD7A3:
		// A syllable is (initial × 21 + vowel) × 28 + final (Unicode 3.12).
		switch (last - 0xAC00) % 28 {
		case 0:
			return open
		case 8:
			return closedByL
		}
		return closed
	case last >= '0' && last <= '9':
		return number(runes[:end])
	case last < unicode.MaxASCII && unicode.IsLetter(last):
		start := end - 1
		for start > 0 && runes[start-1] < unicode.MaxASCII && unicode.IsLetter(runes[start-1]) {
			start--
		}
		afterDigit := start > 0 && unicode.IsDigit(runes[start-1])
		return latin(string(runes[start:end]), afterDigit)
	}
	return unsure
}

// number returns the sound of the last digit: 영 일 이 삼 사 오 육 칠 팔 구. What
// zeros at the end are read as (십 백 천 만 억) ends on a consonant like 영,
// but for 조, 10¹².
func number(runes []rune) final {
	switch runes[len(runes)-1] {
	case '1', '7', '8':
		return closedByL
	case '3', '6':
		return closed
	case '0':
		zeros := 0
		for i := len(runes) - 1; i >= 0 && (runes[i] == '0' || runes[i] == ','); i-- {
			if runes[i] == '0' {
				zeros++
			}
		}
		if zeros >= 12 && zeros < 16 && zeros < len(runes) {
			return open
		}
		return closed
	}
	return open
}

// latin returns the sound of a word in Latin letters. Abbreviations are read
// letter by letter (SSH 에스에스에이치), words as they are written in Korean
// (server 서버, admin 어드민, telnet 텔넷).
func latin(word string, afterDigit bool) final {
	lower := strings.ToLower(word)
	if afterDigit || abbreviation(word, lower) {
		switch lower[len(lower)-1] {
		case 'l', 'r':
			return closedByL // 엘, 알
		case 'm', 'n':
			return closed // 엠, 엔
		}
		return open
	}
	if strings.HasSuffix(lower, "e") {
		return afterSilentE(lower[:len(lower)-1])
	}
	n := len(lower)
	before := lower[n-2]
	switch lower[n-1] {
	case 'l':
		return closedByL
	case 'm', 'n':
		return closed
	case 'g':
		if before == 'n' {
			return closed // -ing 잉
		}
	case 'k':
		if before == 'c' {
			return closed // block 블록
		}
		if vowel(before) && !doubled(lower) {
			return closed
		}
	case 'b', 'c', 'p', 't':
		// A stop after one short vowel closes the syllable: 웹, 트래픽, 백업, 봇.
		// After a long one or a consonant it becomes a syllable: 루트, 호스트.
		if vowel(before) && !doubled(lower) {
			return closed
		}
	}
	return open
}

// afterSilentE judges a word without its last e: file 파일, name 네임, machine
// 머신, example 이그잼플; others end in a vowel: service 서비스.
func afterSilentE(stem string) final {
	if stem == "" {
		return open
	}
	switch stem[len(stem)-1] {
	case 'l':
		return closedByL
	case 'm', 'n':
		return closed
	}
	return open
}

func abbreviation(word, lower string) bool {
	if len(word) <= 2 || !strings.ContainsAny(lower, "aeiouy") {
		return true
	}
	return len(word) <= 3 && word == strings.ToUpper(word)
}

func vowel(c byte) bool { return strings.IndexByte("aeiou", c) >= 0 }

// doubled reports two vowels before the last letter: root, cloud.
func doubled(word string) bool {
	n := len(word)
	return n >= 3 && vowel(word[n-3]) && vowel(word[n-2])
}
