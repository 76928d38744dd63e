package hunt

import "github.com/bongsu/bongsu/text"

// A keyword with what it does.
type keyword struct {
	word string
	doc  text.Message
}

var joinWords = []keyword{
	{"and", text.Message{EN: "both conditions", KO: "두 조건 모두"}},
	{"or", text.Message{EN: "one of the conditions, or both", KO: "두 조건 가운데 하나 이상"}},
}

var termWords = []keyword{
	{"not", text.Message{EN: "the opposite of a condition", KO: "조건의 반대"}},
	{"exists", text.Message{EN: "the event has the field", KO: "필드가 있음"}},
	{"last", text.Message{EN: "a span before now: last 24h", KO: "지금까지의 기간: last 24h"}},
	{"since", text.Message{EN: "from a time on", KO: "어느 시각부터"}},
	{"until", text.Message{EN: "before a time", KO: "어느 시각 전까지"}},
	{"between", text.Message{EN: "between two times: between … and …", KO: "두 시각 사이: between … and …"}},
	{"on", text.Message{EN: "a day", KO: "하루"}},
}

var showKeywords = []keyword{
	{"top", text.Message{EN: "the most frequent values: top 10 src, dport", KO: "가장 잦은 값: top 10 src, dport"}},
	{"count", text.Message{EN: "how many: count by user", KO: "건수: count by user"}},
	{"timeline", text.Message{EN: "how many over time: timeline 1h by class", KO: "시간에 따른 건수: timeline 1h by class"}},
	{"latest", text.Message{EN: "the newest events: latest 100", KO: "최신 이벤트: latest 100"}},
}

var countWords = []keyword{
	{"by", text.Message{EN: "for each value of fields", KO: "필드 값마다"}},
	{"distinct", text.Message{EN: "how many different values of a field", KO: "서로 다른 값의 개수"}},
}

var byWords = countWords[:1]

// opDocs say what operators do.
var opDocs = map[Op]text.Message{
	Is:           {EN: "is exactly", KO: "정확히 같음"},
	Less:         {EN: "is less than, or earlier", KO: "보다 작음, 이전"},
	LessEqual:    {EN: "is at most", KO: "이하"},
	Greater:      {EN: "is more than, or later", KO: "보다 큼, 이후"},
	GreaterEqual: {EN: "is at least", KO: "이상"},
	Contains:     {EN: "contains, in any case", KO: "들어 있음(대소문자 무시)"},
	Starts:       {EN: "starts with, in any case", KO: "시작함(대소문자 무시)"},
	Ends:         {EN: "ends with, in any case", KO: "끝남(대소문자 무시)"},
	Matches:      {EN: "matches a regular expression: /…/i", KO: "정규식에 맞음: /…/i"},
	In:           {EN: "is one of (a, b), or lies in a network", KO: "(a, b) 중 하나, 또는 네트워크에 속함"},
	Exists:       {EN: "is there", KO: "있음"},
}

var (
	docIsNot   = text.Message{EN: "is there and is not", KO: "있으면서 같지 않음"}
	docPipe    = text.Message{EN: "then what to show: top, count, timeline, latest", KO: "다음에 보여 줄 것: top, count, timeline, latest"}
	docSize    = text.Message{EN: "how many", KO: "개수"}
	docSpan    = text.Message{EN: "a span: s, m, h, d, w", KO: "기간: s, m, h, d, w"}
	docMoment  = text.Message{EN: "a time: a date, a clock time, or both", KO: "시각: 날짜, 시각, 또는 둘 다"}
	docRegex   = text.Message{EN: "a regular expression of RE2", KO: "RE2 정규식"}
	docList    = text.Message{EN: "a list: (a, b, …)", KO: "목록: (a, b, …)"}
	docNetwork = text.Message{EN: "a private network", KO: "사설 네트워크"}
	docRecent  = text.Message{EN: "seen lately", KO: "최근에 나온 값"}
)

// protocolWords are the values that the fields of protocols mostly have.
var protocolWords = map[Field][]string{
	"proto":     {"tcp", "udp", "icmp", "dns", "http", "tls", "ssh", "smb", "rdp", "ftp", "smtp", "ntp", "dhcp", "modbus"},
	"app":       {"dns", "http", "tls", "ssh", "smb", "rdp", "ftp", "smtp", "ntp", "dhcp", "modbus"},
	"transport": {"tcp", "udp", "icmp", "ipv6-icmp", "arp"},
}
