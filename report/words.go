package report

import (
	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/text"
)

type message = text.Message

// What is so, in one sentence.
var (
	saysAct = message{
		EN: "{act} needs you now{also}.",
		KO: "지금 조치할 일이 {act} 있습니다{also}.",
	}
	saysActMany = message{
		EN: "{act} need you now{also}.",
		KO: "지금 조치할 일이 {act} 있습니다{also}.",
	}
	saysAlso        = message{EN: "; {watch} more should be looked at", KO: ". 그 밖에 확인할 일이 {watch} 있습니다"}
	saysWatch       = message{EN: "Nothing is urgent; {watch} should be looked at.", KO: "급한 일은 없습니다. 확인할 일이 {watch} 있습니다."}
	saysCalm        = message{EN: "Nothing needs you. {low} of little weight stands below.", KO: "조치할 일이 없습니다. 참고할 사항 {low|을를} 아래에 적었습니다."}
	saysCalmMany    = message{EN: "Nothing needs you. {low} of little weight stand below.", KO: "조치할 일이 없습니다. 참고할 사항 {low|을를} 아래에 적었습니다."}
	saysPeace       = message{EN: "All is quiet: of what Bongsu looks for (the list below), nothing was found.", KO: "평온합니다. 봉수가 점검하는 공격 유형(아래 목록) 가운데 찾은 것이 없습니다."}
	saysUnjudged    = message{EN: "The records were read, and nothing was judged: detection was switched off.", KO: "기록을 읽기만 하고 판단은 하지 않았습니다. 탐지를 끄고 실행했습니다."}
	saysNothing     = message{EN: "Nothing could be read, so nothing can be said.", KO: "읽은 기록이 없어 아무것도 말씀드릴 수 없습니다."}
	saysNoEvents    = message{EN: "The recordings hold nothing that could be judged. If you asked for a certain time, nothing falls into it.", KO: "판단할 내용이 기록에 없습니다. 기간을 정했다면 그 기간에 남은 것이 없습니다."}
	saysPartly      = message{EN: "This holds only for what could be read; {n} could not be, or not to the end.", KO: "읽을 수 있었던 범위에서만 그렇습니다. {n|은는} 읽지 못했거나 끝까지 읽지 못했습니다."}
	saysUnknown     = message{EN: "{n} is neither a capture nor a log that Bongsu knows.", KO: "{n|은는} 봉수가 아는 캡처나 로그가 아닙니다."}
	saysUnknownMany = message{EN: "{n} are neither captures nor logs that Bongsu knows.", KO: "{n|은는} 봉수가 아는 캡처나 로그가 아닙니다."}
	oneThing        = message{EN: "1 thing", KO: "1건"}
	manyThings      = message{EN: "{n} things", KO: "{n}건"}
	oneFile         = message{EN: "1 file", KO: "파일 1개"}
	manyFiles       = message{EN: "{n} files", KO: "파일 {n}개"}
	oneRecording    = message{EN: "1 recording", KO: "기록 1개"}
	recordings      = message{EN: "{n} recordings", KO: "기록 {n}개"}
	oneEvent        = message{EN: "1 event", KO: "이벤트 1건"}
	manyEvents      = message{EN: "{n} events", KO: "이벤트 {n}건"}
	onePacket       = message{EN: "1 packet", KO: "패킷 1개"}
	manyPackets     = message{EN: "{n} packets", KO: "패킷 {n}개"}
	oneFinding      = message{EN: "1 finding", KO: "탐지 1건"}
	manyFindings    = message{EN: "{n} findings", KO: "탐지 {n}건"}
	checkedWhat     = message{EN: "Looked at: {what}.", KO: "살펴본 것: {what}."}
	checkedSpan     = message{EN: "They tell of {first} to {last} ({zone}).", KO: "기록된 시간: {first}부터 {last}까지({zone})."}
	checkedMoment   = message{EN: "They tell of {first} ({zone}).", KO: "기록된 시간: {first}({zone})."}
)

// Headings and labels.
var labels = map[string]message{
	"report":      {EN: "Analysis report", KO: "분석 보고서"},
	"contents":    {EN: "What was found, the most important first", KO: "발견한 일, 중요한 순서"},
	"happened":    {EN: "What happened", KO: "무슨 일이 있었나"},
	"towhat":      {EN: "To what", KO: "무엇이 대상인가"},
	"howbad":      {EN: "How bad it is", KO: "얼마나 심각한가"},
	"why":         {EN: "Why we think so", KO: "그렇게 보는 이유"},
	"now":         {EN: "What to do now", KO: "지금 할 일"},
	"when":        {EN: "When", KO: "언제"},
	"where":       {EN: "Recording", KO: "기록"},
	"timeline":    {EN: "How it went", KO: "시간 순서"},
	"technical":   {EN: "Technical part", KO: "기술 정보"},
	"findings":    {EN: "Findings and their evidence", KO: "탐지와 근거"},
	"hush":        {EN: "If it is harmless", KO: "문제가 없는 일이라면"},
	"evidence":    {EN: "Evidence", KO: "근거"},
	"techniques":  {EN: "ATT&CK techniques", KO: "ATT&CK 기법"},
	"actor":       {EN: "Who did it", KO: "행위자"},
	"target":      {EN: "To whom", KO: "대상"},
	"both":        {EN: "First attacked, then acting", KO: "대상이자 행위자"},
	"user":        {EN: "Accounts", KO: "계정"},
	"service":     {EN: "Service", KO: "서비스"},
	"related":     {EN: "Also seen", KO: "관련"},
	"kinds":       {EN: "Summary by kind", KO: "종류별 요약"},
	"kind":        {EN: "Kind", KO: "종류"},
	"rule":        {EN: "Rule", KO: "규칙"},
	"example":     {EN: "For example", KO: "예"},
	"level":       {EN: "Level", KO: "수준"},
	"worst":       {EN: "Worst", KO: "최고 수준"},
	"count":       {EN: "Count", KO: "수"},
	"confidence":  {EN: "Confidence", KO: "확신도"},
	"rank":        {EN: "Rank", KO: "순위 점수"},
	"read":        {EN: "What was looked at", KO: "살펴본 기록"},
	"recordings":  {EN: "Recordings", KO: "기록"},
	"recording":   {EN: "Recording", KO: "기록"},
	"format":      {EN: "Format", KO: "형식"},
	"formats":     {EN: "By format", KO: "형식별"},
	"packets":     {EN: "Packets", KO: "패킷"},
	"events":      {EN: "Events", KO: "이벤트"},
	"size":        {EN: "Size", KO: "크기"},
	"span":        {EN: "Time (UTC)", KO: "시간(UTC)"},
	"found":       {EN: "Found", KO: "발견"},
	"classes":     {EN: "Events by kind", KO: "이벤트 종류별"},
	"protocols":   {EN: "By protocol", KO: "프로토콜별"},
	"checked":     {EN: "What was looked for", KO: "점검한 공격 유형"},
	"blind":       {EN: "What Bongsu cannot see in such recordings", KO: "이런 기록에서 봉수가 볼 수 없는 것"},
	"unread":      {EN: "What was not read, and why", KO: "읽지 못한 것과 그 이유"},
	"notes":       {EN: "What to know about the reading", KO: "읽으면서 알게 된 점"},
	"file":        {EN: "File", KO: "파일"},
	"reason":      {EN: "Reason", KO: "이유"},
	"detail":      {EN: "Detail", KO: "자세한 내용"},
	"time":        {EN: "Time (UTC)", KO: "시각(UTC)"},
	"what":        {EN: "What", KO: "내용"},
	"fact":        {EN: "Fact", KO: "사실"},
	"from":        {EN: "From", KO: "출발지"},
	"to":          {EN: "To", KO: "도착지"},
	"id":          {EN: "Id", KO: "식별자"},
	"beacons":     {EN: "{n} of 5 beacons lit: {level}", KO: "봉수 5개 중 {n}개 점화: {level}"},
	"zone":        {EN: "All times are UTC.", KO: "모든 시각은 협정 세계시(UTC)입니다. 한국 시각은 9시간을 더한 시각입니다."},
	"by":          {EN: "Written by Bongsu {version}. OCSF {schema}.", KO: "봉수 {version} 작성. OCSF {schema}."},
	"none":        {EN: "nothing", KO: "없음"},
	"total":       {EN: "In all", KO: "합계"},
	"others":      {EN: "others", KO: "그 밖"},
	"moreinc":     {EN: "{n} more, in short", KO: "그 밖의 {n}건, 요약"},
	"matters":     {EN: "Matters", KO: "건수"},
	"skip":        {EN: "Skip to the findings", KO: "발견한 일로 바로 가기"},
	"cansay":      {EN: "Confidence {confidence} of 100; rank {rank} of 100.", KO: "확신도 100점 중 {confidence}점, 순위 점수 100점 중 {rank}점입니다."},
	"resteve":     {EN: "{n} more events are not shown.", KO: "이벤트 {n}건은 표시하지 않았습니다."},
	"restfind":    {EN: "{n} more findings of this matter are not shown; the ndjson format lists them all.", KO: "이 일의 탐지 {n}건은 표시하지 않았습니다. ndjson 형식에는 모두 들어 있습니다."},
	"restrec":     {EN: "{n} more recordings are not listed.", KO: "기록 {n}개는 목록에 넣지 않았습니다."},
	"restquiet":   {EN: "{n} recordings in which nothing was found, and which were read to their end, are not listed.", KO: "발견한 것이 없고 끝까지 읽은 기록 {n}개는 목록에 넣지 않았습니다."},
	"restfiles":   {EN: "{n} more files are not listed.", KO: "파일 {n}개는 목록에 넣지 않았습니다."},
	"restmoments": {EN: "{n} more steps are not shown.", KO: "{n}단계는 표시하지 않았습니다."},
	"restinc":     {EN: "{n} more matters are not listed; the ndjson format lists them all.", KO: "{n}건은 목록에 넣지 않았습니다. ndjson 형식에는 모두 들어 있습니다."},
	"restkinds":   {EN: "{n} more kinds are not listed.", KO: "{n}종류는 목록에 넣지 않았습니다."},
}

// levels are how bad something is, by OCSF severity.
var levels = [...]message{
	{EN: "unknown", KO: "알 수 없음"},
	{EN: "for information", KO: "참고"},
	{EN: "low", KO: "낮음"},
	{EN: "medium", KO: "중간"},
	{EN: "high", KO: "높음"},
	{EN: "critical", KO: "심각"},
	{EN: "fatal", KO: "치명적"},
}

// peace is the level of a report without findings.
var peace = message{EN: "peace", KO: "평온"}

// meant says what a level asks of the reader.
var meant = [...]message{
	{EN: "Nobody has said how bad it is. Look at it when you can.", KO: "심각한 정도가 정해지지 않았습니다. 시간이 될 때 확인하십시오."},
	{EN: "For information. Nothing needs to be done.", KO: "참고 사항입니다. 할 일은 없습니다."},
	{EN: "Low. It can wait; know that it is there.", KO: "낮은 수준입니다. 급하지 않으니 알아 두기만 하십시오."},
	{EN: "Medium. Look at it this week: it may be the beginning of something, or a weakness in use.", KO: "중간 수준입니다. 이번 주 안에 확인하십시오. 더 큰 일의 시작이거나 고쳐야 할 약점일 수 있습니다."},
	{EN: "High. Look at it today: an attack is under way, or may already have got somewhere.", KO: "높은 수준입니다. 오늘 확인하십시오. 공격이 진행 중이거나 이미 성공했을 수 있습니다."},
	{EN: "Critical. Act now, before anything else.", KO: "심각한 수준입니다. 다른 일보다 먼저 지금 조치하십시오."},
	{EN: "Fatal. Act now, and get help.", KO: "치명적인 수준입니다. 지금 조치하고 도움을 요청하십시오."},
}

// reasons say why something was not read.
var reasons = map[Reason]message{
	Ignored:      {EN: "nothing to read there", KO: "읽을 내용이 아님"},
	Empty:        {EN: "empty", KO: "빈 파일"},
	Unrecognised: {EN: "neither a capture nor a log that Bongsu knows", KO: "봉수가 아는 캡처나 로그가 아님"},
	Unreadable:   {EN: "cannot be read, or not to its end", KO: "읽을 수 없거나 끝까지 읽지 못함"},
	Bounded:      {EN: "larger than the limits allow; read up to there", KO: "허용 한도보다 커서 한도까지만 읽음"},
	BadRule:      {EN: "a rule that could not be loaded", KO: "불러오지 못한 규칙"},
}

// classes are the kinds of events.
var classes = map[event.Class]message{
	event.Base:             {EN: "Other records, kept whole", KO: "그 밖의 기록(원문 그대로 보관)"},
	event.FileActivity:     {EN: "Files", KO: "파일 활동"},
	event.ProcessActivity:  {EN: "Programs started and ended", KO: "프로그램 실행과 종료"},
	event.DetectionFinding: {EN: "Alarms of other systems", KO: "다른 시스템의 경보"},
	event.AccountChange:    {EN: "Changes of accounts", KO: "계정 변경"},
	event.Authentication:   {EN: "Logins", KO: "로그인"},
	event.NetworkActivity:  {EN: "Connections and network messages", KO: "연결과 네트워크 메시지"},
	event.HTTPActivity:     {EN: "Web requests", KO: "웹 요청"},
	event.DNSActivity:      {EN: "Name lookups (DNS)", KO: "이름 조회(DNS)"},
	event.DHCPActivity:     {EN: "Addresses handed out (DHCP)", KO: "주소 할당(DHCP)"},
	event.RDPActivity:      {EN: "Remote desktop", KO: "원격 데스크톱"},
	event.SMBActivity:      {EN: "File sharing (SMB)", KO: "파일 공유(SMB)"},
	event.SSHActivity:      {EN: "Remote shells (SSH)", KO: "원격 셸(SSH)"},
	event.FTPActivity:      {EN: "File transfer (FTP)", KO: "파일 전송(FTP)"},
	event.EmailActivity:    {EN: "Mail", KO: "메일"},
	event.NTPActivity:      {EN: "Time service (NTP)", KO: "시각 동기화(NTP)"},
	event.TunnelActivity:   {EN: "Tunnels", KO: "터널"},
	event.WebResources:     {EN: "Web resources", KO: "웹 자원"},
	event.APIActivity:      {EN: "API calls", KO: "API 호출"},
}

// What the reading says about itself.
var (
	noteUnderstood = message{
		EN: "{n} of {all} log records were not understood. They are kept whole and can be searched, but nothing judged them.",
		KO: "로그 {all}건 중 {n}건은 해석하지 못했습니다. 원문 그대로 보관하여 검색할 수 있지만 판단에는 쓰지 않았습니다.",
	}
	noteSkipped = message{
		EN: "{n} packets were not looked into: {why}.",
		KO: "패킷 {n}개는 내용을 보지 못했습니다: {why}.",
	}
	noteEvicted = message{
		EN: "{n} times a detector gave up what it remembered, because there was too much to remember. Slow behaviour may have been missed.",
		KO: "기억할 것이 너무 많아 탐지기가 {n}번 기억을 지웠습니다. 천천히 진행된 행동을 놓쳤을 수 있습니다.",
	}
)

// skips are why packets are not looked into, as the program names them.
var skips = map[string]message{
	"unknown link type":                    {EN: "unknown kind of link", KO: "알 수 없는 링크 종류"},
	"cut inside a header":                  {EN: "cut off in the capture", KO: "캡처할 때 잘림"},
	"not IP":                               {EN: "not IP", KO: "IP가 아님"},
	"unknown IP version":                   {EN: "unknown version of IP", KO: "알 수 없는 IP 버전"},
	"IP length beyond the packet":          {EN: "length beyond the packet", KO: "길이가 패킷보다 김"},
	"bad IP header":                        {EN: "broken IP header", KO: "잘못된 IP 헤더"},
	"bad IP checksum":                      {EN: "wrong IP checksum", KO: "잘못된 IP 체크섬"},
	"fragment not captured in full":        {EN: "part of a datagram whose rest is missing", KO: "나머지가 없는 조각"},
	"IPsec or Mobile IPv6":                 {EN: "encrypted (IPsec) or Mobile IPv6", KO: "암호화됨(IPsec) 또는 Mobile IPv6"},
	"bad transport header":                 {EN: "broken TCP or UDP header", KO: "잘못된 TCP·UDP 헤더"},
	"tunnels nested too deep":              {EN: "tunnels within tunnels", KO: "너무 여러 겹인 터널"},
	"bad tunnel header":                    {EN: "broken tunnel header", KO: "잘못된 터널 헤더"},
	"wireless frame without readable data": {EN: "encrypted wireless frame", KO: "읽을 수 없는 무선 프레임"},
}

// What cannot be seen, by what was read.
var (
	blindCapture = []message{
		{EN: "What is inside encrypted connections (HTTPS, SSH, VPN). Bongsu sees who talks to whom, when and how much.", KO: "암호화된 연결(HTTPS, SSH, VPN)의 내용. 누가 누구와 언제 얼마나 통신했는지는 볼 수 있습니다."},
		{EN: "What did not pass the place of the capture, or not in its time: other parts of the network, other days.", KO: "캡처한 곳을 지나지 않았거나 캡처한 시간 밖의 통신. 네트워크의 다른 부분이나 다른 날의 일은 알 수 없습니다."},
		{EN: "What happens within a machine: programs, files, who sits in front of it.", KO: "장비 안에서 일어나는 일. 어떤 프로그램이 돌고 있는지, 누가 앞에 앉아 있는지는 알 수 없습니다."},
	}
	blindLog = []message{
		{EN: "What the machine did not write down, or what somebody deleted from its log.", KO: "장비가 기록하지 않은 일이나 누군가 로그에서 지운 일."},
		{EN: "Other machines and other days than those in the log.", KO: "로그에 없는 다른 장비와 다른 날의 일."},
	}
	blindAll = message{EN: "Kinds of attack other than those listed above. Nothing found is not proof that nothing happened.", KO: "위에 적은 것 밖의 공격. 발견한 것이 없다고 해서 아무 일도 없었다는 증명은 아닙니다."}
)
