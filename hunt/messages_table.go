package hunt

import "github.com/bongsu/bongsu/text"

// What is wrong with a hunt.
var (
	msgTooLong       = text.Message{EN: "the hunt is longer than {max} bytes", KO: "질의가 {max}바이트보다 깁니다"}
	msgNotUTF8       = text.Message{EN: "the text is not UTF-8", KO: "UTF-8이 아닌 글자가 있습니다"}
	msgCloseAlone    = text.Message{EN: "this ) closes nothing", KO: "짝이 없는 닫는 괄호입니다"}
	msgAfterEnd      = text.Message{EN: "nothing may follow here, found {got}", KO: "여기에는 더 올 수 없는데 {got|이가} 있습니다"}
	msgNeedTerm      = text.Message{EN: "a condition is missing after {word}", KO: "{word} 뒤에 조건이 없습니다"}
	msgNothingBefore = text.Message{EN: "a condition is missing before {word}", KO: "{word} 앞에 조건이 없습니다"}
	msgTooMany       = text.Message{EN: "more than {max} conditions", KO: "조건이 {max}개를 넘습니다"}
	msgTooDeep       = text.Message{EN: "more than {max} levels of parentheses and not", KO: "괄호와 not이 {max}단계를 넘습니다"}
	msgOpAlone       = text.Message{EN: "a field is missing before {op}", KO: "{op} 앞에 필드가 없습니다"}
	msgCommaAlone    = text.Message{EN: "a comma only stands between the values of a list", KO: "쉼표는 목록의 값 사이에만 씁니다"}
	msgEmptyGroup    = text.Message{EN: "nothing is in the parentheses", KO: "괄호 안이 비어 있습니다"}
	msgUnclosed      = text.Message{EN: "the closing ) is missing", KO: "닫는 괄호가 없습니다"}
	msgUnquoted      = text.Message{EN: "the closing quote is missing", KO: "닫는 따옴표가 없습니다"}
	msgEmptyText     = text.Message{EN: "the text is empty", KO: "찾을 글이 비어 있습니다"}
	msgColon         = text.Message{EN: "a field and its value stand around =, not around a colon", KO: "필드와 값 사이에는 콜론이 아니라 =을 씁니다"}
	msgWildcard      = text.Message{EN: "* does not stand for other letters here", KO: "여기서 *는 다른 글자를 대신하지 않습니다"}
	msgFieldAlone    = text.Message{EN: "{field} is a field, but alone it is a text to look for", KO: "{field|은는} 필드 이름이지만 홀로 쓰면 찾을 글이 됩니다"}
	msgOpKind        = text.Message{EN: "{field} holds {kind}, which {op} cannot ask", KO: "{field|은는} 값이 {kind|이라서} {op|을를} 쓸 수 없습니다"}
	msgNoField       = text.Message{EN: "no field is called {name}", KO: "{name|이라는} 필드가 없습니다"}
	msgNeedField     = text.Message{EN: "the name of a field is missing after {word}", KO: "{word} 뒤에 필드 이름이 없습니다"}
	msgNeedList      = text.Message{EN: "in needs a list in parentheses, or a network for an address", KO: "in 뒤에는 괄호로 묶은 목록이, 주소라면 네트워크가 와야 합니다"}
	msgListOp        = text.Message{EN: "a list can only follow in, not {op}", KO: "목록은 in 뒤에만 쓸 수 있고 {op} 뒤에는 쓸 수 없습니다"}
	msgNeedValue     = text.Message{EN: "a value is missing after {op}", KO: "{op} 뒤에 값이 없습니다"}
	msgListValue     = text.Message{EN: "a value is missing in the list", KO: "목록에 값이 빠져 있습니다"}
	msgTooLongList   = text.Message{EN: "a list of more than {max} values", KO: "목록의 값이 {max}개를 넘습니다"}
	msgNeedComma     = text.Message{EN: "a comma or ) is missing in the list", KO: "목록에 쉼표나 닫는 괄호가 빠져 있습니다"}
	msgNoAddress     = text.Message{EN: "{field} is an address, and {value} is none", KO: "{field|은는} 주소인데 {value|은는} 주소가 아닙니다"}
	msgNoMAC         = text.Message{EN: "{field} is a MAC address, and {value} is none", KO: "{field|은는} MAC 주소인데 {value|은는} MAC 주소가 아닙니다"}
	msgNoBool        = text.Message{EN: "{field} is true or false, not {value}", KO: "{field|은는} true 아니면 false인데 {value|이가} 왔습니다"}
	msgNoClass       = text.Message{EN: "no class is called {value}", KO: "{value|이라는} 분류가 없습니다"}
	msgNoPort        = text.Message{EN: "{value} is no port", KO: "{value|은는} 포트가 아닙니다"}
	msgNoNumber      = text.Message{EN: "{field} is a number, and {value} is none", KO: "{field|은는} 숫자인데 {value|은는} 숫자가 아닙니다"}
	msgNoCaption     = text.Message{EN: "{field} is never {value}", KO: "{field}의 값 가운데 {value|은는} 없습니다"}
	msgLongRegex     = text.Message{EN: "the regular expression is longer than {max} bytes", KO: "정규식이 {max}바이트보다 깁니다"}
	msgBadRegex      = text.Message{EN: "the regular expression cannot be used: {reason}", KO: "쓸 수 없는 정규식입니다: {reason}"}
	msgBareRegex     = text.Message{EN: "the slashes around the regular expression are missing", KO: "정규식을 둘러싸는 빗금이 없습니다"}
	msgTimeInOr      = text.Message{EN: "a range of time cannot be inside parentheses, nor beside not or or", KO: "기간은 괄호 안이나 not, or 옆에 쓸 수 없습니다"}
	msgTwoRanges     = text.Message{EN: "a second range of time", KO: "기간을 두 번 썼습니다"}
	msgBetween       = text.Message{EN: "between needs two times with and between them", KO: "between 뒤에는 두 시각이 and로 이어져야 합니다"}
	msgNeedSpan      = text.Message{EN: "how long is missing after last", KO: "last 뒤에 기간이 없습니다"}
	msgLongSpan      = text.Message{EN: "more than ten years", KO: "10년이 넘습니다"}
	msgNotDay        = text.Message{EN: "on needs a day without a time", KO: "on 뒤에는 시각 없이 날짜만 와야 합니다"}
	msgNoTime        = text.Message{EN: "{value} is no time", KO: "{value|은는} 시각이 아닙니다"}
	msgNoZone        = text.Message{EN: "{value} may mean several things behind a time", KO: "시각 뒤의 {value|은는} 여러 뜻일 수 있습니다"}
	msgNeedTime      = text.Message{EN: "a time is missing", KO: "시각이 없습니다"}
	msgEmptyRange    = text.Message{EN: "the range is empty: it begins at {from} and ends at {until}", KO: "빈 기간입니다: 시작 {from}, 끝 {until}"}
	msgFuture        = text.Message{EN: "the range begins in the future, at {from}", KO: "기간의 시작이 미래입니다: {from}"}
	msgManySteps     = text.Message{EN: "a timeline of more than {max} steps", KO: "시간 단계가 {max}개를 넘습니다"}
	msgNeedShow      = text.Message{EN: "what is to be shown is missing after |", KO: "| 뒤에 무엇을 보여 줄지가 없습니다"}
	msgNoShow        = text.Message{EN: "{word} cannot follow |", KO: "| 뒤에 {word|은는} 올 수 없습니다"}
	msgSize          = text.Message{EN: "how many must be 1 to {max}, not {value}", KO: "개수는 1에서 {max} 사이여야 하는데 {value|이가} 왔습니다"}
	msgNoStep        = text.Message{EN: "{value} is no length of time", KO: "{value|은는} 시간 길이가 아닙니다"}
	msgStepBounds    = text.Message{EN: "a step is at least one second", KO: "시간 단계는 1초 이상이어야 합니다"}
	msgSeveral       = text.Message{EN: "{field} stands for several fields; what is counted is one", KO: "{field|은는} 여러 필드를 뜻하는데, 세는 필드는 하나여야 합니다"}
	msgByTime        = text.Message{EN: "times are counted by a timeline", KO: "시각은 timeline으로 셉니다"}
	msgTwice         = text.Message{EN: "{field} is named twice", KO: "{field|을를} 두 번 썼습니다"}
	msgManyFields    = text.Message{EN: "more than {max} fields", KO: "필드가 {max}개를 넘습니다"}
)

// What would be right.
var (
	hintDelete       = text.Message{EN: "delete it", KO: "지우면 됩니다"}
	hintOneShow      = text.Message{EN: "one of top, count, timeline or latest stands at the end", KO: "top, count, timeline, latest 가운데 하나만 맨 끝에 씁니다"}
	hintTerm         = text.Message{EN: "write a condition such as src = 10.0.0.5, or a text to look for", KO: "src = 10.0.0.5 같은 조건이나 찾을 글을 쓰세요"}
	hintTimeInOr     = text.Message{EN: "it holds for the whole hunt: write it at the end, as in (a or b) last 24h", KO: "기간은 질의 전체에 걸리므로 (a or b) last 24h처럼 끝에 쓰세요"}
	hintClose        = text.Message{EN: "write ) where it ends", KO: "끝나는 곳에 )를 쓰세요"}
	hintQuote        = text.Message{EN: "write the same quote at the end of the text; \\\" and \\\\ stand for \" and \\", KO: "글의 끝에 같은 따옴표를 쓰세요. \\\"는 따옴표, \\\\는 역슬래시입니다"}
	hintEmptyText    = text.Message{EN: "write a text, or * for all events", KO: "찾을 글을 쓰거나, 모든 이벤트라면 *를 쓰세요"}
	hintExistsField  = text.Message{EN: "to ask whether there is a value, write exists {field}", KO: "값이 있는지 물으려면 exists {field|이라고} 쓰세요"}
	hintInstead      = text.Message{EN: "write {instead}", KO: "{instead|이라고} 쓰세요"}
	hintWildcardWord = text.Message{EN: "a part of a word is found without it; put the text into quotes if the * is meant", KO: "*가 없어도 낱말의 일부로 찾습니다. * 자체를 찾으려면 따옴표로 묶으세요"}
	hintWildcard     = text.Message{EN: "use starts, ends or contains, or quotes if the * is meant", KO: "starts, ends, contains를 쓰거나, * 자체라면 따옴표로 묶으세요"}
	hintFieldAlone   = text.Message{EN: "write exists {field}, {field} = …, or put it into quotes", KO: "exists {field}, {field} = …처럼 쓰거나, 글이라면 따옴표로 묶으세요"}
	hintOps          = text.Message{EN: "it takes {ops}", KO: "쓸 수 있는 것: {ops}"}
	hintNear         = text.Message{EN: "did you mean {near}?", KO: "혹시 {near|을를} 쓰려고 하셨나요?"}
	hintNoField      = text.Message{EN: "take a short name, a path of OCSF, or unmapped.name; a text to look for stands in quotes", KO: "짧은 이름, OCSF 경로, unmapped.이름을 쓰세요. 찾을 글이라면 따옴표로 묶으세요"}
	hintExists       = text.Message{EN: "as in exists user", KO: "예: exists user"}
	hintList         = text.Message{EN: "as in dport in (22, 3389) or src in 10.0.0.0/8", KO: "예: dport in (22, 3389) 또는 src in 10.0.0.0/8"}
	hintAddress      = text.Message{EN: "as in 10.0.0.5, 2001:db8::1 or 10.0.0.0/8; for a part of it use starts", KO: "예: 10.0.0.5, 2001:db8::1, 10.0.0.0/8. 일부라면 starts를 쓰세요"}
	hintMAC          = text.Message{EN: "as in 02:00:5e:10:00:01; for a part of it use starts", KO: "예: 02:00:5e:10:00:01. 일부라면 starts를 쓰세요"}
	hintBool         = text.Message{EN: "write true or false", KO: "true나 false를 쓰세요"}
	hintClasses      = text.Message{EN: "there are {all}, and numbers such as 4001", KO: "쓸 수 있는 것: {all}, 또는 4001 같은 번호"}
	hintPort         = text.Message{EN: "ports go from 0 to 65535", KO: "포트는 0에서 65535까지입니다"}
	hintNumber       = text.Message{EN: "write a whole number without signs between the digits", KO: "쉼표 없는 정수를 쓰세요"}
	hintCaptions     = text.Message{EN: "there are {all}", KO: "쓸 수 있는 것: {all}"}
	hintRegex        = text.Message{EN: "as in /^cmd\\.exe .*-enc/i, in the syntax of RE2", KO: "예: /^cmd\\.exe .*-enc/i (RE2 문법)"}
	hintTimes        = text.Message{EN: "as in last 24h, since yesterday 09:00, until 2026-03-01 12:00", KO: "예: last 24h, since yesterday 09:00, until 2026-03-01 12:00"}
	hintZone         = text.Message{EN: "write the time as in 21:00 and the zone as in +09:00, UTC or KST", KO: "시각은 21:00처럼, 시간대는 +09:00, UTC, KST처럼 쓰세요"}
	hintBetween      = text.Message{EN: "as in between 2026-03-01 and 2026-03-02 12:00", KO: "예: between 2026-03-01 and 2026-03-02 12:00"}
	hintSpan         = text.Message{EN: "as in 15m, 24h, 7d or 4w, ten years at most", KO: "예: 15m, 24h, 7d, 4w. 10년까지입니다"}
	hintDay          = text.Message{EN: "as in on 2026-03-01 or on yesterday", KO: "예: on 2026-03-01, on yesterday"}
	hintRange        = text.Message{EN: "the end of a range does not belong to it", KO: "기간의 끝 시각은 기간에 들지 않습니다"}
	hintSteps        = text.Message{EN: "take steps of {step} or more", KO: "한 단계를 {step} 이상으로 하세요"}
	hintShow         = text.Message{EN: "top 10 src, count by user, count distinct dst, timeline 1h, latest 100", KO: "top 10 src, count by user, count distinct dst, timeline 1h, latest 100 가운데 하나를 쓰세요"}
	hintStep         = text.Message{EN: "as in timeline 5m by class", KO: "예: timeline 5m by class"}
	hintFields       = text.Message{EN: "as in src, dport", KO: "예: src, dport"}
	hintSeveral      = text.Message{EN: "take one of {names}", KO: "{names} 가운데 하나를 쓰세요"}
	hintByTime       = text.Message{EN: "write | timeline", KO: "| timeline이라고 쓰세요"}
	hintText         = text.Message{EN: "as in user = root; a text with spaces stands in quotes", KO: "예: user = root. 빈칸이 있는 글은 따옴표로 묶으세요"}
)

// kindNames say what a field holds.
var kindNames = map[fieldKind]text.Message{
	kindText:     {EN: "a text", KO: "글"},
	kindNumber:   {EN: "a number", KO: "숫자"},
	kindActivity: {EN: "a word of a list", KO: "정해진 낱말"},
	kindBool:     {EN: "true or false", KO: "참 또는 거짓"},
	kindTime:     {EN: "a time", KO: "시각"},
	kindAddress:  {EN: "an address", KO: "주소"},
	kindMAC:      {EN: "a MAC address", KO: "MAC 주소"},
	kindList:     {EN: "a list", KO: "목록"},
	kindClass:    {EN: "a class", KO: "분류"},
	kindUnmapped: {EN: "a text of the source", KO: "원본의 글"},
}
