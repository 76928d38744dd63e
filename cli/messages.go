package cli

import (
	"github.com/alecthomas/kong"

	"github.com/bongsu/bongsu/text"
)

// What the commands say. Each message exists in both languages; a test goes
// through them.
var (
	msgProgram   = text.Message{EN: "Bongsu sees attacks in network traffic and logs, explains them, and says what to do.", KO: "봉수는 네트워크 트래픽과 로그에서 공격을 찾아 설명하고, 무엇을 해야 할지 알려 드립니다."}
	msgHelpHint  = text.Message{EN: "Try: bongsu --help", KO: "사용법: bongsu --help"}
	msgUnread    = text.Message{EN: "not read: {what}", KO: "읽지 못함: {what}"}
	msgPartly    = text.Message{EN: "read in part: {what}", KO: "일부만 읽음: {what}"}
	msgRule      = text.Message{EN: "rule not loaded: {reason}", KO: "불러오지 못한 규칙: {reason}"}
	msgSummary   = text.Message{EN: "{recordings} {recordings|recording|recordings}, {packets} {packets|packet|packets}, {events} {events|event|events}: {findings} {findings|finding|findings}, {incidents} {incidents|incident|incidents}", KO: "기록 {recordings}개, 패킷 {packets}개, 이벤트 {events}개: 탐지 {findings}건, 사고 {incidents}건"}
	msgWritten   = text.Message{EN: "written: {path}", KO: "저장함: {path}"}
	msgReading   = text.Message{EN: "reading", KO: "읽는 중"}
	msgNothing   = text.Message{EN: "nothing here could be analysed: no capture and no log that Bongsu knows", KO: "분석할 수 있는 것이 없습니다. 봉수가 아는 패킷 캡처나 로그가 아닙니다"}
	msgServing   = text.Message{EN: "Bongsu is running: {url}", KO: "봉수가 실행 중입니다: {url}"}
	msgSetup     = text.Message{EN: "Set the administrator's password here (the link works once): {url}", KO: "여기에서 관리자 비밀번호를 설정하십시오(한 번만 쓸 수 있는 링크입니다): {url}"}
	msgInterrupt = text.Message{EN: "stopped before the end; nothing was printed", KO: "중간에 멈췄습니다. 결과는 출력하지 않았습니다"}
)

// help holds the words of --help by the names that the commands' tags use.
var help = map[string]text.Message{
	"analyze":      {EN: "Read captures and logs, and say what is wrong and what to do.", KO: "패킷 캡처와 로그를 읽고, 무엇이 문제이고 무엇을 해야 할지 알려 줍니다."},
	"version":      {EN: "Print version and commit.", KO: "버전과 커밋을 출력합니다."},
	"serve":        {EN: "Watch networks and logs without end, and keep what was seen.", KO: "네트워크와 로그를 계속 지켜보고, 본 것을 보관합니다."},
	"serve_config": {EN: "Settings file (bongsu.yaml). Without one everything works with its defaults.", KO: "설정 파일(bongsu.yaml). 없어도 기본값으로 모두 동작합니다."},
	"serve_data":   {EN: "Folder that holds everything Bongsu keeps.", KO: "봉수가 보관하는 모든 것을 담는 폴더."},
	"serve_listen": {EN: "Address of the console and the API; this machine only unless another is given.", KO: "콘솔과 API의 주소. 정하지 않으면 이 장비에서만 접속할 수 있습니다."},
	"serve_set":    {EN: "One setting on top of the file: sources.syslog.udp=0.0.0.0:514. May be given again.", KO: "설정 파일 위에 덮어쓸 값 하나: sources.syslog.udp=0.0.0.0:514. 여러 번 쓸 수 있습니다."},
	"paths":        {EN: "Captures, logs, archives of them, or folders. What they are is told by their content.", KO: "패킷 캡처, 로그, 이를 묶은 압축 파일, 또는 폴더. 종류는 내용을 보고 판단합니다."},
	"format":       {EN: "text for people, ndjson for programs (OCSF, one object a line), html for a report to pass on.", KO: "사람이 읽을 text, 프로그램용 ndjson(한 줄에 OCSF 객체 하나), 전달용 보고서 html."},
	"out":          {EN: "Write the result to this file instead of standard output.", KO: "결과를 표준 출력 대신 이 파일에 씁니다."},
	"events":       {EN: "Also write every event to this file: Parquet if it ends in .parquet, otherwise NDJSON.", KO: "모든 이벤트도 이 파일에 씁니다. 이름이 .parquet로 끝나면 Parquet, 아니면 NDJSON입니다."},
	"rules":        {EN: "A Sigma rule or a folder of them, to be used as well. May be given again.", KO: "함께 쓸 Sigma 규칙 파일이나 폴더. 여러 번 쓸 수 있습니다."},
	"no_detect":    {EN: "Only make events; run no detector.", KO: "이벤트만 만들고 탐지는 하지 않습니다."},
	"together":     {EN: "Take everything for one recording of the same network and time.", KO: "입력 전체를 같은 네트워크·같은 시간대의 기록 하나로 다룹니다."},
	"since":        {EN: "Leave out events before this time: 2026-03-01, 2026-03-01T09:00 or with a zone (UTC if none).", KO: "이 시각 이전의 이벤트는 뺍니다. 예: 2026-03-01, 2026-03-01T09:00. 시간대를 붙일 수 있고, 없으면 UTC입니다."},
	"until":        {EN: "Leave out events from this time on.", KO: "이 시각부터의 이벤트는 뺍니다."},
	"fail_on":      {EN: "Exit with 3 when a finding is at least this severe: low, medium, high, critical.", KO: "탐지의 심각도가 이 이상이면 종료 코드 3으로 끝납니다: low, medium, high, critical."},
	"lang":         {EN: "Language of what people read: ko or en. Follows the locale.", KO: "사람이 읽는 글의 언어: ko 또는 en. 정하지 않으면 로캘을 따릅니다."},
	"quiet":        {EN: "No progress and no summary on standard error.", KO: "진행 상황과 요약을 표준 오류에 쓰지 않습니다."},
	"jobs":         {EN: "Recordings at a time; as many as there are processors if 0.", KO: "동시에 처리할 기록 수. 0이면 프로세서 수만큼입니다."},
	"tenant":       {EN: "Organisation that the records belong to.", KO: "기록이 속한 조직."},
}

func vars(lang text.Lang) kong.Vars {
	v := kong.Vars{}
	for _, words := range []map[string]text.Message{help, helpRemote} {
		for name, m := range words {
			v[name] = say(lang, m)
		}
	}
	return v
}

func say(lang text.Lang, m text.Message) string { return m.Say(nil).In(lang) }
