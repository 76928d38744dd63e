package hunt

import "github.com/bongsu/bongsu/text"

// endings of Korean predicates, by what they are built on.
var (
	endIs   = [...]string{"이고", "이거나", "인"}
	endNot  = [...]string{" 아니고", " 아니거나", " 아닌"}
	endHas  = [...]string{" 있고", " 있거나", " 있는"}
	endLack = [...]string{" 없고", " 없거나", " 없는"}
	endDo   = [...]string{"하고", "하거나", "하는"}
	endDont = [...]string{"하지 않고", "하지 않거나", "하지 않는"}
	endEnd  = [...]string{"끝나고", "끝나거나", "끝나는"}
	endFit  = [...]string{"맞고", "맞거나", "맞는"}
	endFall = [...]string{"속하고", "속하거나", "속하는"}
	endLess = [...]string{"작고", "작거나", "작은"}
	endMore = [...]string{"크고", "크거나", "큰"}
	endSoon = [...]string{"이르고", "이르거나", "이른"}
	endLate = [...]string{"늦고", "늦거나", "늦은"}
)

// What is asked.
var (
	sayAll      = text.Message{EN: "all events {when}", KO: "{when} 모든 이벤트"}
	sayThose    = text.Message{EN: "the events {when} where {where}", KO: "{when} 이벤트 가운데 {where} 것"}
	sayEver     = text.Message{EN: "that are stored", KO: "저장된"}
	sayLast     = text.Message{EN: "of the last {span} (since {from})", KO: "지난 {span} 동안의({from}부터)"}
	sayBetween  = text.Message{EN: "from {from} to {until}", KO: "{from}부터 {until} 전까지의"}
	saySince    = text.Message{EN: "since {from}", KO: "{from}부터의"}
	sayUntil    = text.Message{EN: "before {until}", KO: "{until} 전의"}
	sayLatest   = text.Message{EN: "Shows {events}, the newest first.", KO: "{events|을를} 최신순으로 보여 줍니다."}
	sayLatestN  = text.Message{EN: "Shows {events}, the newest {n}.", KO: "{events|을를} 최신순으로 {n}건까지 보여 줍니다."}
	sayTop      = text.Message{EN: "Shows the {n} most frequent values of {fields} among {events}.", KO: "{events}에서 가장 잦은 {fields} 값 {n}가지를 보여 줍니다."}
	sayBy       = text.Message{EN: " for each value of {fields}", KO: "{fields}별로 "}
	sayCount    = text.Message{EN: "Counts {events}{by}.", KO: "{events|이가} {by}몇 건인지 셉니다."}
	sayDistinct = text.Message{EN: "Counts the different values of {field}{by} among {events}.", KO: "{events}에서 서로 다른 {field} 값이 {by}몇 가지인지 셉니다."}
	sayTimeline = text.Message{EN: "Counts {events} in each step of {step}{by}.", KO: "{events|이가} {step}마다 {by}몇 건인지 셉니다."}
)

// Conditions. Of pairs, the second is the negated one, which needs the field.
var (
	phraseIs = [2]phrase{
		{text.Message{EN: "{field} is {value}", KO: "{field|이가} {value}"}, endIs},
		{text.Message{EN: "{field} is known and is not {value}", KO: "{field|이가} 있으면서 {value|이가}"}, endNot},
	}
	phraseIn = [2]phrase{
		{text.Message{EN: "{field} is one of {values}", KO: "{field|이가} {values} 중 하나"}, endIs},
		{text.Message{EN: "{field} is known and is none of {values}", KO: "{field|이가} 있으면서 {values} 중 어느 것도"}, endNot},
	}
	phraseWithin = [2]phrase{
		{text.Message{EN: "{field} lies in {values}", KO: "{field|이가} {values}에 "}, endFall},
		{text.Message{EN: "{field} is known and lies outside of {values}", KO: "{field|이가} 있으면서 {values}에 속"}, endDont},
	}
	phraseContains = [2]phrase{
		{text.Message{EN: "{field} contains {value}", KO: "{field}에 {value|이가} 들어"}, endHas},
		{text.Message{EN: "{field} is known and does not contain {value}", KO: "{field|이가} 있으면서 {value|이가}"}, endLack},
	}
	phraseStarts = [2]phrase{
		{text.Message{EN: "{field} starts with {value}", KO: "{field|이가} {value|으로} 시작"}, endDo},
		{text.Message{EN: "{field} is known and does not start with {value}", KO: "{field|이가} 있으면서 {value|으로} 시작"}, endDont},
	}
	phraseEnds = [2]phrase{
		{text.Message{EN: "{field} ends with {value}", KO: "{field|이가} {value|으로} "}, endEnd},
		{text.Message{EN: "{field} is known and does not end with {value}", KO: "{field|이가} 있으면서 끝이 {value|이가}"}, endNot},
	}
	phraseMatches = [2]phrase{
		{text.Message{EN: "{field} matches {value}", KO: "{field|이가} 정규식 {value}에 "}, endFit},
		{text.Message{EN: "{field} is known and does not match {value}", KO: "{field|이가} 있으면서 정규식 {value}에 해당"}, endDont},
	}
	phraseOthers   = phrase{text.Message{EN: "{n} more conditions", KO: "그 밖의 조건 {n}개에 "}, endFit}
	phraseExists   = phrase{text.Message{EN: "{field} is there", KO: "{field|이가}"}, endHas}
	phraseLacks    = phrase{text.Message{EN: "{field} is missing", KO: "{field|이가}"}, endLack}
	phraseAnywhere = phrase{text.Message{EN: "{value} stands anywhere", KO: "어딘가에 {value|이가}"}, endHas}
	phraseNowhere  = phrase{text.Message{EN: "{value} stands nowhere", KO: "어디에도 {value|이가}"}, endLack}
	phraseLess     = phrase{text.Message{EN: "{field} is less than {value}", KO: "{field|이가} {value}보다 "}, endLess}
	phraseAtMost   = phrase{text.Message{EN: "{field} is at most {value}", KO: "{field|이가} {value} 이하"}, endIs}
	phraseMore     = phrase{text.Message{EN: "{field} is more than {value}", KO: "{field|이가} {value}보다 "}, endMore}
	phraseAtLeast  = phrase{text.Message{EN: "{field} is at least {value}", KO: "{field|이가} {value} 이상"}, endIs}
	phraseBefore   = phrase{text.Message{EN: "{field} is before {value}", KO: "{field|이가} {value}보다 "}, endSoon}
	phraseUntil    = phrase{text.Message{EN: "{field} is not after {value}", KO: "{field|이가} 늦어도 {value}"}, endIs}
	phraseAfter    = phrase{text.Message{EN: "{field} is after {value}", KO: "{field|이가} {value}보다 "}, endLate}
	phraseSince    = phrase{text.Message{EN: "{field} is not before {value}", KO: "{field|이가} 일러도 {value}"}, endIs}
)
