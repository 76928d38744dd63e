package cli

import (
	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/text"
)

// What the commands say that speak to a running Bongsu.
var (
	msgNoSocket       = text.Message{EN: "no Bongsu serves the folder {data}: start one with bongsu serve, name its folder with --data, or its address with --server", KO: "{data} 폴더로 실행 중인 봉수가 없습니다. bongsu serve로 시작하거나, --data로 폴더를, --server로 주소를 정해 주십시오"}
	msgNoServer       = text.Message{EN: "no Bongsu answers at {url}: check the address, and that it runs", KO: "{url}에서 응답하는 봉수가 없습니다. 주소가 맞는지, 실행 중인지 확인해 주십시오"}
	msgWantsToken     = text.Message{EN: "Give an API token in BONGSU_TOKEN or with --token; bongsu token make prints one on the server's machine.", KO: "API 토큰을 BONGSU_TOKEN 환경 변수나 --token으로 넘겨 주십시오. 토큰은 서버 장비에서 bongsu token make로 만듭니다."}
	msgNoIncidents    = text.Message{EN: "no incidents", KO: "사고가 없습니다"}
	msgNoFindings     = text.Message{EN: "no findings", KO: "탐지가 없습니다"}
	msgNoSuppressions = text.Message{EN: "nothing is suppressed", KO: "등록된 예외가 없습니다"}
	msgNoEvents       = text.Message{EN: "nothing was found", KO: "찾은 것이 없습니다"}
	msgNoAssets       = text.Message{EN: "no machines", KO: "장비가 없습니다"}
	msgIncidentLine   = text.Message{EN: "{id}  {severity}, rank {rank}, {state}, {findings} {findings|finding|findings}, {from} – {to} UTC, version {version}", KO: "{id}  {severity}, 순위 {rank}, {state}, 탐지 {findings}건, {from} – {to} UTC, 버전 {version}"}
	msgSuppressed     = text.Message{EN: "suppressed: {id}", KO: "예외로 등록함: {id}"}
	msgRemoved        = text.Message{EN: "removed: {id}", KO: "삭제함: {id}"}
	msgPreview        = text.Message{EN: "Of the latest {looked} findings it would silence {count} (the worst: {worst}), in {incidents} {incidents|incident|incidents}, {whole} of which would have none left.", KO: "최근 탐지 {looked}건 가운데 {count}건이 예외가 됩니다(가장 높은 심각도: {worst}). 해당하는 사고는 {incidents}건이고, 그중 {whole}건은 남는 탐지가 없습니다."}
	msgReview         = text.Message{EN: "review {when}", KO: "검토 {when}"}
	msgEnded          = text.Message{EN: "ended {when}", KO: "종료 {when}"}
	msgScanned        = text.Message{EN: "{rows} events in {segments} {segments|segment|segments} looked at, {took} s", KO: "세그먼트 {segments}개의 이벤트 {rows}개를 {took}초 동안 살펴봄"}
	msgPartial        = text.Message{EN: "the answer is not whole: {why}", KO: "결과가 전부는 아닙니다: {why}"}
	msgMoreEvents     = text.Message{EN: "there are more: raise --limit, or take all with --all", KO: "결과가 더 있습니다. --limit을 늘리거나 --all로 모두 받으십시오"}
	msgUploaded       = text.Message{EN: "{name}: read as {id}: {events} {events|event|events}, {findings} {findings|finding|findings}", KO: "{name}: {id}(으)로 읽음: 이벤트 {events}개, 탐지 {findings}건"}
	msgUploadAgain    = text.Message{EN: "{name}: known already as {id}: {events} {events|event|events}, {findings} {findings|finding|findings}", KO: "{name}: 이미 {id}(으)로 받은 파일: 이벤트 {events}개, 탐지 {findings}건"}
	msgUploadWaits    = text.Message{EN: "{name}: handed in as {id}; it is being read", KO: "{name}: {id}(으)로 올렸고, 읽는 중입니다"}
	msgUploadFailed   = text.Message{EN: "{name}: handed in as {id}, but not read: {why}", KO: "{name}: {id}(으)로 올렸지만 읽지 못했습니다: {why}"}
	msgSending        = text.Message{EN: "sending", KO: "올리는 중"}
	msgMissed         = text.Message{EN: "some changes were missed; bongsu incidents shows what there is now", KO: "놓친 변경이 있습니다. 지금 상태는 bongsu incidents로 볼 수 있습니다"}
	msgAgain          = text.Message{EN: "the connection broke ({why}); trying again", KO: "연결이 끊겼습니다({why}). 다시 연결합니다"}
	msgStillReading   = text.Message{EN: "stopped waiting; the server goes on reading what it was given", KO: "기다리기를 멈췄습니다. 서버는 받은 파일을 계속 읽습니다"}
	msgStatus         = text.Message{EN: "Bongsu {version}, since {since}; {events} events stored ({bytes}), {free} left on the disk", KO: "봉수 {version}, {since}부터 실행 중. 보관 이벤트 {events}개({bytes}), 디스크 여유 {free}"}
	msgNoEngine       = text.Message{EN: "! this build keeps events but cannot search them", KO: "! 이 빌드는 이벤트를 보관하지만 검색하지는 못합니다"}
	msgBehind         = text.Message{EN: "{n} waiting", KO: "{n}개 대기 중"}
	msgTokenMade      = text.Message{EN: "token {id}: the line above is its secret and is not shown again", KO: "토큰 {id}: 위의 줄이 비밀값이며 다시 볼 수 없습니다"}
	msgRestored       = text.Message{EN: "restored to {data}: {files} {files|file|files}, {events} {events|event|events}, as of {when} (version {version}); start it with bongsu serve --data {data}", KO: "{data}에 복원함: 파일 {files}개, 이벤트 {events}개, {when} 시점(버전 {version}). bongsu serve --data {data} 로 시작하십시오"}

	headAccount  = text.Message{EN: "What happened", KO: "무슨 일이 있었나"}
	headWhy      = text.Message{EN: "Why we think so", KO: "그렇게 판단한 이유"}
	headNow      = text.Message{EN: "What to do", KO: "해야 할 일"}
	headHush     = text.Message{EN: "If it is harmless", KO: "문제가 아니라면"}
	headTimeline = text.Message{EN: "Timeline (UTC)", KO: "시간 순서(UTC)"}
	headNotes    = text.Message{EN: "Notes", KO: "메모"}
	headHistory  = text.Message{EN: "History", KO: "변경 이력"}
	headFindings = text.Message{EN: "Findings", KO: "탐지"}
	headMerged   = text.Message{EN: "Goes on in", KO: "합쳐진 사고"}

	colRank      = text.Message{EN: "RANK", KO: "순위"}
	colSeverity  = text.Message{EN: "SEVERITY", KO: "심각도"}
	colState     = text.Message{EN: "STATE", KO: "상태"}
	colOwner     = text.Message{EN: "OWNER", KO: "담당"}
	colLast      = text.Message{EN: "LAST (UTC)", KO: "마지막(UTC)"}
	colID        = text.Message{EN: "ID", KO: "ID"}
	colTitle     = text.Message{EN: "TITLE", KO: "제목"}
	colRule      = text.Message{EN: "RULE", KO: "규칙"}
	colUsed      = text.Message{EN: "USED", KO: "사용"}
	colUntil     = text.Message{EN: "UNTIL (UTC)", KO: "기한(UTC)"}
	colScope     = text.Message{EN: "SCOPE", KO: "범위"}
	colReason    = text.Message{EN: "REASON", KO: "사유"}
	colName      = text.Message{EN: "NAME", KO: "이름"}
	colAddresses = text.Message{EN: "ADDRESSES", KO: "주소"}
	colVendor    = text.Message{EN: "MAKER", KO: "제조사"}
	colRoles     = text.Message{EN: "ROLES", KO: "역할"}
	colSource    = text.Message{EN: "SOURCE", KO: "입력"}
	colRecords   = text.Message{EN: "RECORDS", KO: "레코드"}
	colNote      = text.Message{EN: "NOTE", KO: "비고"}
	colNumber    = text.Message{EN: "NO", KO: "번호"}
	colTime      = text.Message{EN: "TIME (UTC)", KO: "시각(UTC)"}
	colWho       = text.Message{EN: "WHO", KO: "누가"}
	colFrom      = text.Message{EN: "FROM", KO: "어디서"}
	colAction    = text.Message{EN: "ACTION", KO: "한 일"}
	colObject    = text.Message{EN: "OBJECT", KO: "대상"}
)

// severities are the levels of OCSF in the order of their numbers.
var severities = []text.Message{
	{EN: "Unknown", KO: "알 수 없음"},
	{EN: "Informational", KO: "참고"},
	{EN: "Low", KO: "낮음"},
	{EN: "Medium", KO: "중간"},
	{EN: "High", KO: "높음"},
	{EN: "Critical", KO: "심각"},
	{EN: "Fatal", KO: "치명적"},
}

func severity(env Env, s event.Severity) string {
	if int(s) >= len(severities) {
		s = event.SeverityUnknown
	}
	return say(env.lang, severities[s])
}

// helpRemote holds the words of their --help.
var helpRemote = map[string]text.Message{
	"status":                  {EN: "How a running Bongsu and its sources fare.", KO: "실행 중인 봉수와 입력의 상태를 보여 줍니다."},
	"incidents":               {EN: "List, show and change incidents.", KO: "사고를 나열하고, 보고, 바꿉니다."},
	"incidents_list":          {EN: "List incidents, what to look at first first.", KO: "먼저 볼 순서로 사고를 나열합니다."},
	"incidents_show":          {EN: "Show one incident: what happened, why, what to do.", KO: "사고 하나를 보여 줍니다. 무슨 일이 있었고, 왜 그렇게 판단했고, 무엇을 해야 하는지 알려 줍니다."},
	"incidents_set":           {EN: "Change state, resolution or owner of an incident.", KO: "사고의 상태, 결론, 담당자를 바꿉니다."},
	"incidents_note":          {EN: "Write a note on an incident.", KO: "사고에 메모를 남깁니다."},
	"incidents_state":         {EN: "Only these states: new, open, contained, closed. May be given again.", KO: "이 상태만: new, open, contained, closed. 여러 번 쓸 수 있습니다."},
	"incidents_owner":         {EN: "Only of this owner; - for those that nobody owns.", KO: "이 담당자의 것만. 담당자가 없는 것은 -."},
	"incident_id":             {EN: "Id of the incident: inc_…", KO: "사고 ID: inc_…"},
	"incident_state":          {EN: "open, contained or closed.", KO: "open, contained, closed 중 하나."},
	"incident_resolution":     {EN: "What a closed incident turned out to be: true_positive, false_positive, benign, duplicate.", KO: "종결한 사고의 결론: true_positive, false_positive, benign, duplicate."},
	"incident_owner":          {EN: "Who looks after it.", KO: "담당자."},
	"incident_no_owner":       {EN: "Nobody looks after it any more.", KO: "담당자를 없앱니다."},
	"incident_note":           {EN: "A note.", KO: "메모."},
	"incident_version":        {EN: "Change it only if it still has this version; the present one otherwise.", KO: "이 버전일 때만 바꿉니다. 정하지 않으면 지금 버전을 씁니다."},
	"incident_undo":           {EN: "Take back the last change of the state.", KO: "마지막 상태 변경을 되돌립니다."},
	"findings":                {EN: "List and show findings.", KO: "탐지를 나열하고 보여 줍니다."},
	"findings_list":           {EN: "List findings, the latest first.", KO: "최근 것부터 탐지를 나열합니다."},
	"findings_show":           {EN: "Show one finding.", KO: "탐지 하나를 보여 줍니다."},
	"findings_detector":       {EN: "Only of this detector: scan.", KO: "이 탐지기의 것만: scan."},
	"findings_rule":           {EN: "Only of this rule: scan/vertical.", KO: "이 규칙의 것만: scan/vertical."},
	"findings_suppressed":     {EN: "Suppressed ones: yes, no or both.", KO: "예외 처리된 것: yes, no, both."},
	"finding_id":              {EN: "Id of the finding: fnd_…", KO: "탐지 ID: fnd_…"},
	"choose_severity":         {EN: "At least this severe: low, medium, high, critical.", KO: "심각도가 이 이상인 것만: low, medium, high, critical."},
	"choose_text":             {EN: "With this text in title or an entity.", KO: "제목이나 개체에 이 글이 있는 것만."},
	"choose_entity":           {EN: "That concern this: ip:192.0.2.10, user:jiwoo, host:web1, domain:example.com.", KO: "이 개체와 관련된 것만: ip:192.0.2.10, user:jiwoo, host:web1, domain:example.com."},
	"choose_since":            {EN: "From this time on: 2026-03-01, 2026-03-01T09:00 or with a zone (UTC if none).", KO: "이 시각부터. 예: 2026-03-01, 2026-03-01T09:00. 시간대가 없으면 UTC입니다."},
	"choose_until":            {EN: "Before this time.", KO: "이 시각 이전까지."},
	"choose_recording":        {EN: "Of this recording; of an upload: its id and a slash; live for what was seen live.", KO: "이 기록의 것만. 업로드는 ID 뒤에 /를 붙이고, 실시간으로 본 것은 live."},
	"choose_limit":            {EN: "How many at most.", KO: "최대 개수."},
	"suppress":                {EN: "Say which findings need no action, why, and until when.", KO: "조치할 필요가 없는 탐지를 사유, 기한과 함께 예외로 등록합니다."},
	"suppress_add":            {EN: "Suppress findings. Everything that is given must hold.", KO: "탐지를 예외로 등록합니다. 준 조건이 모두 맞는 것만 해당합니다."},
	"suppress_list":           {EN: "List suppressions.", KO: "예외를 나열합니다."},
	"suppress_remove":         {EN: "End a suppression.", KO: "예외를 끝냅니다."},
	"suppress_finding":        {EN: "As this finding suggests: its rule, for the one it names.", KO: "이 탐지가 제안하는 범위로: 탐지의 규칙과 거기서 지목한 대상."},
	"suppress_detector":       {EN: "Findings of this detector: scan.", KO: "이 탐지기의 탐지: scan."},
	"suppress_rule":           {EN: "Findings of this rule: scan/vertical.", KO: "이 규칙의 탐지: scan/vertical."},
	"suppress_source":         {EN: "Who acts: an address, a prefix, or KIND:VALUE as in user:jiwoo.", KO: "행위자: 주소, 대역, 또는 user:jiwoo 같은 KIND:VALUE."},
	"suppress_target":         {EN: "Whom it is done to.", KO: "당하는 쪽."},
	"suppress_related":        {EN: "What has to do with it: service:ssh.", KO: "관련된 것: service:ssh."},
	"suppress_entity":         {EN: "Who takes part in any role.", KO: "역할과 관계없이 관련된 개체."},
	"suppress_port":           {EN: "Every event of the evidence goes to this port.", KO: "근거 이벤트가 모두 이 포트로 간 것."},
	"suppress_source_segment": {EN: "All who act are in this segment.", KO: "행위자가 모두 이 세그먼트에 있는 것."},
	"suppress_target_segment": {EN: "All targets are in this segment.", KO: "대상이 모두 이 세그먼트에 있는 것."},
	"suppress_pattern":        {EN: "Fits the title or an entity: * and ?, or /a regular expression/.", KO: "제목이나 개체에 맞는 패턴: *와 ?, 또는 /정규식/."},
	"suppress_reason":         {EN: "Why they need no action.", KO: "조치할 필요가 없는 사유."},
	"suppress_until":          {EN: "When it ends, within a year: 30d, 12h, 2026-12-31.", KO: "끝나는 때. 1년 이내: 30d, 12h, 2026-12-31."},
	"suppress_until_removed":  {EN: "It ends by hand only; --review says when somebody looks again.", KO: "직접 끝낼 때까지. --review로 다시 살펴볼 때를 정합니다."},
	"suppress_review":         {EN: "When somebody looks whether it is still needed: 90d, 2026-12-31.", KO: "아직 필요한지 다시 살펴볼 때: 90d, 2026-12-31."},
	"suppress_apply":          {EN: "Also findings of incidents that are not closed.", KO: "종결되지 않은 사고의 탐지에도 적용합니다."},
	"suppress_dry_run":        {EN: "Only tell what it would silence.", KO: "무엇이 예외가 되는지만 보여 줍니다."},
	"suppress_ended":          {EN: "Also those that have ended.", KO: "끝난 것도 함께."},
	"suppress_bring_back":     {EN: "Bring back what it has silenced.", KO: "예외로 처리했던 탐지를 되살립니다."},
	"suppression_id":          {EN: "Id of the suppression: sup_…", KO: "예외 ID: sup_…"},
	"watch":                   {EN: "Tell of incidents as they come and change, until stopped.", KO: "사고가 생기고 바뀔 때마다 알려 줍니다. 멈출 때까지 계속됩니다."},
	"watch_all":               {EN: "Also findings and suppressions.", KO: "탐지와 예외의 변경도 알립니다."},
	"hunt":                    {EN: "Ask a question about stored events.", KO: "보관된 이벤트를 검색합니다."},
	"hunt_query":              {EN: "The question, as docs/hunt.md describes it: 'dport = 22 and status = failure last 24h | top 10 src'. The latest events if none.", KO: "docs/hunt.md의 문법으로 쓴 질문: 'dport = 22 and status = failure last 24h | top 10 src'. 없으면 최근 이벤트."},
	"hunt_limit":              {EN: "How many events at most.", KO: "이벤트의 최대 개수."},
	"hunt_all":                {EN: "Every event that is found, one OCSF object a line.", KO: "찾은 이벤트 모두를 한 줄에 OCSF 객체 하나씩."},
	"hunt_zone":               {EN: "Zone of times without one: Asia/Seoul; UTC if none.", KO: "시간대가 없는 시각의 시간대: Asia/Seoul. 없으면 UTC."},
	"upload":                  {EN: "Hand captures, logs or archives to a running Bongsu and see what it finds.", KO: "실행 중인 봉수에 패킷 캡처, 로그, 압축 파일을 올리고 무엇이 발견되는지 봅니다."},
	"upload_paths":            {EN: "Files to hand in.", KO: "올릴 파일."},
	"upload_no_wait":          {EN: "Do not wait until they are read.", KO: "다 읽을 때까지 기다리지 않습니다."},
	"assets":                  {EN: "List the machines seen.", KO: "관찰된 장비를 나열합니다."},
	"assets_text":             {EN: "Part of a name, an address, a maker or an owner.", KO: "이름, 주소, 제조사, 담당자의 일부."},
	"assets_segment":          {EN: "Only in this segment.", KO: "이 세그먼트에 있는 것만."},
	"assets_prefix":           {EN: "Only with an address in this prefix: 192.168.10.0/24.", KO: "이 대역의 주소를 가진 것만: 192.168.10.0/24."},
	"assets_role":             {EN: "Only of this role: dns-server.", KO: "이 역할인 것만: dns-server."},
	"assets_owner":            {EN: "Only of this owner.", KO: "이 담당자의 것만."},
	"assets_new":              {EN: "Only first seen since this time.", KO: "이 시각 이후 처음 보인 것만."},
	"assets_similar":          {EN: "Only those that may be the same machine as another.", KO: "다른 장비와 같은 장비일 수 있는 것만."},
	"assets_csv":              {EN: "All of them as CSV.", KO: "전부를 CSV로."},
	"audit":                   {EN: "Verify and read the log of what people did.", KO: "사람들이 한 일의 기록을 검증하고 읽습니다."},
	"audit_verify":            {EN: "Say whether the log is whole; exit 3 if not. Works without a server too.", KO: "기록이 온전한지 알려 줍니다. 아니면 종료 코드 3. 서버가 없어도 됩니다."},
	"audit_list":              {EN: "Who did what, the latest first.", KO: "누가 무엇을 했는지 최근 것부터."},
	"audit_actor":             {EN: "Only by this account, token or local.", KO: "이 계정이나 토큰, 또는 local이 한 것만."},
	"audit_action":            {EN: "Only this action: incident.state; all that begin so with a dot at the end.", KO: "이 동작만: incident.state. 점으로 끝내면 그렇게 시작하는 모두."},
	"audit_object":            {EN: "Only done to this.", KO: "이 대상에게 한 것만."},
	"audit_all":               {EN: "The whole log, oldest first, one entry a line, to be verified elsewhere.", KO: "전체 기록을 오래된 것부터 한 줄에 하나씩. 다른 곳에서 검증할 수 있습니다."},
	"backup":                  {EN: "Write everything that Bongsu keeps to one file.", KO: "봉수가 보관하는 모든 것을 파일 하나에 씁니다."},
	"backup_out":              {EN: "File to write, a tar archive; - for standard output.", KO: "쓸 파일(tar). 표준 출력은 -."},
	"restore":                 {EN: "Make a data folder of a backup.", KO: "백업으로 데이터 폴더를 만듭니다."},
	"restore_file":            {EN: "What bongsu backup wrote.", KO: "bongsu backup이 쓴 파일."},
	"restore_data":            {EN: "New folder; it must hold nothing yet.", KO: "새 폴더. 비어 있어야 합니다."},
	"token":                   {EN: "Make, list and remove API tokens.", KO: "API 토큰을 만들고, 나열하고, 지웁니다."},
	"token_make":              {EN: "Make a token for a program; its secret is printed once.", KO: "프로그램용 토큰을 만듭니다. 비밀값은 한 번만 출력됩니다."},
	"token_list":              {EN: "List tokens.", KO: "토큰을 나열합니다."},
	"token_remove":            {EN: "Remove a token; it lets nobody in from then on.", KO: "토큰을 지웁니다. 그때부터 쓸 수 없습니다."},
	"token_name":              {EN: "What it is for.", KO: "용도."},
	"token_scope":             {EN: "Only this action: event.send. May be given again; all that tokens may if none.", KO: "이 동작만: event.send. 여러 번 쓸 수 있습니다. 없으면 토큰이 할 수 있는 모두."},
	"token_expires":           {EN: "When it ends: 90d, 2026-12-31; never if not given.", KO: "끝나는 때: 90d, 2026-12-31. 없으면 끝나지 않습니다."},
	"token_id":                {EN: "Id of the token: tok_…", KO: "토큰 ID: tok_…"},
	"remote_server":           {EN: "Address of a running Bongsu: https://bongsu.example:8470. Without it the one on this machine that has --data.", KO: "실행 중인 봉수의 주소: https://bongsu.example:8470. 없으면 이 장비에서 --data 폴더를 쓰는 봉수."},
	"remote_token":            {EN: "API token; better in BONGSU_TOKEN. Not needed on the machine itself.", KO: "API 토큰. BONGSU_TOKEN 환경 변수로 주는 것이 좋습니다. 같은 장비에서는 필요 없습니다."},
	"remote_data":             {EN: "Data folder of the Bongsu on this machine.", KO: "이 장비에 있는 봉수의 데이터 폴더."},
	"remote_format":           {EN: "text for people, ndjson for programs, one object a line.", KO: "사람이 읽을 text, 프로그램용 ndjson(한 줄에 객체 하나)."},
}
