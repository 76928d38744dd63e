package hunt

import (
	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/text"
)

// A shortName is a name that is quicker to type than a path. One that stands
// for several columns is true where any of them is.
type shortName struct {
	name  string
	also  []string // other names, taken and written as name
	paths []event.Path
	label text.Message
}

// shortNames are the short names, in the order of the documents.
var shortNames = [...]shortName{
	{"ip", []string{"addr", "address"}, []event.Path{event.SrcIP, event.DstIP, event.DeviceIP, event.ProxyIP}, text.Message{EN: "an address", KO: "어느 한쪽 주소"}},
	{"src", []string{"source", "srcip", "src_ip"}, []event.Path{event.SrcIP}, text.Message{EN: "the source address", KO: "출발지 주소"}},
	{"dst", []string{"dest", "destination", "dstip", "dst_ip", "dest_ip"}, []event.Path{event.DstIP}, text.Message{EN: "the destination address", KO: "목적지 주소"}},
	{"port", nil, []event.Path{event.SrcPort, event.DstPort}, text.Message{EN: "a port", KO: "어느 한쪽 포트"}},
	{"sport", []string{"srcport", "src_port"}, []event.Path{event.SrcPort}, text.Message{EN: "the source port", KO: "출발지 포트"}},
	{"dport", []string{"dstport", "dst_port", "dest_port"}, []event.Path{event.DstPort}, text.Message{EN: "the destination port", KO: "목적지 포트"}},
	{"mac", nil, []event.Path{event.SrcMAC, event.DstMAC}, text.Message{EN: "a MAC address", KO: "어느 한쪽 MAC 주소"}},
	{"srcmac", []string{"src_mac"}, []event.Path{event.SrcMAC}, text.Message{EN: "the source MAC address", KO: "출발지 MAC 주소"}},
	{"dstmac", []string{"dst_mac"}, []event.Path{event.DstMAC}, text.Message{EN: "the destination MAC address", KO: "목적지 MAC 주소"}},
	{"host", []string{"hostname", "computer"}, []event.Path{event.DeviceHostname, event.SrcHostname, event.DstHostname}, text.Message{EN: "a host name", KO: "어느 한쪽 호스트 이름"}},
	{"device", nil, []event.Path{event.DeviceHostname}, text.Message{EN: "the name of the reporting machine", KO: "기록한 장비 이름"}},
	{"srchost", nil, []event.Path{event.SrcHostname}, text.Message{EN: "the source host name", KO: "출발지 호스트 이름"}},
	{"dsthost", nil, []event.Path{event.DstHostname}, text.Message{EN: "the destination host name", KO: "목적지 호스트 이름"}},
	{"segment", []string{"zone"}, []event.Path{event.SrcZone, event.DstZone, event.DeviceZone}, text.Message{EN: "a segment", KO: "어느 한쪽 구역"}},
	{"srcsegment", nil, []event.Path{event.SrcZone}, text.Message{EN: "the source segment", KO: "출발지 구역"}},
	{"dstsegment", nil, []event.Path{event.DstZone}, text.Message{EN: "the destination segment", KO: "목적지 구역"}},
	{"user", []string{"username", "account"}, []event.Path{event.UserName}, text.Message{EN: "the account", KO: "계정"}},
	{"actor", nil, []event.Path{event.ActorUser}, text.Message{EN: "the acting account", KO: "행위 계정"}},
	{"proto", []string{"protocol"}, []event.Path{event.AppProtocol, event.ProtocolName}, text.Message{EN: "a protocol", KO: "프로토콜"}},
	{"app", nil, []event.Path{event.AppProtocol}, text.Message{EN: "the application protocol", KO: "응용 프로토콜"}},
	{"service", nil, []event.Path{event.ServiceName}, text.Message{EN: "the service", KO: "서비스"}},
	{"transport", nil, []event.Path{event.ProtocolName}, text.Message{EN: "the transport protocol", KO: "전송 프로토콜"}},
	{"domain", nil, []event.Path{event.DNSQuery, event.HTTPHost, event.TLSSNI, event.DstHostname}, text.Message{EN: "a domain name", KO: "도메인 이름"}},
	{"query", []string{"qname"}, []event.Path{event.DNSQuery}, text.Message{EN: "the name asked of DNS", KO: "DNS 질의 이름"}},
	{"qtype", nil, []event.Path{event.DNSType}, text.Message{EN: "the type asked of DNS", KO: "DNS 질의 유형"}},
	{"rcode", nil, []event.Path{event.DNSRcodeID}, text.Message{EN: "the DNS response code", KO: "DNS 응답 코드"}},
	{"answer", nil, []event.Path{event.DNSAnswers}, text.Message{EN: "a DNS answer", KO: "DNS 응답 값"}},
	{"url", nil, []event.Path{event.HTTPURL}, text.Message{EN: "the URL", KO: "URL"}},
	{"httphost", nil, []event.Path{event.HTTPHost}, text.Message{EN: "the host of the URL", KO: "URL의 호스트"}},
	{"path", []string{"uri"}, []event.Path{event.HTTPPath}, text.Message{EN: "the path of the URL", KO: "URL의 경로"}},
	{"method", nil, []event.Path{event.HTTPMethod}, text.Message{EN: "the HTTP method", KO: "HTTP 메서드"}},
	{"code", nil, []event.Path{event.HTTPStatus}, text.Message{EN: "the HTTP response code", KO: "HTTP 응답 코드"}},
	{"agent", []string{"useragent", "user_agent"}, []event.Path{event.HTTPUserAgent}, text.Message{EN: "the user agent", KO: "사용자 에이전트"}},
	{"referrer", []string{"referer"}, []event.Path{event.HTTPReferrer}, text.Message{EN: "the referrer", KO: "참조 주소"}},
	{"sni", nil, []event.Path{event.TLSSNI}, text.Message{EN: "the server name of TLS", KO: "TLS 서버 이름"}},
	{"ja4", nil, []event.Path{event.JA4List}, text.Message{EN: "the JA4 fingerprint", KO: "JA4 지문"}},
	{"ja3", nil, []event.Path{event.TLSJA3}, text.Message{EN: "the JA3 fingerprint", KO: "JA3 지문"}},
	{"hassh", nil, []event.Path{event.ClientHASSH}, text.Message{EN: "the HASSH of the client", KO: "클라이언트 HASSH"}},
	{"subject", nil, []event.Path{event.TLSSubject}, text.Message{EN: "the subject of the certificate", KO: "인증서 주체"}},
	{"issuer", nil, []event.Path{event.TLSIssuer}, text.Message{EN: "the issuer of the certificate", KO: "인증서 발급자"}},
	{"process", []string{"image", "proc"}, []event.Path{event.ProcessName}, text.Message{EN: "the process", KO: "프로세스"}},
	{"pid", nil, []event.Path{event.ProcessPID}, text.Message{EN: "the process number", KO: "프로세스 번호"}},
	{"cmd", []string{"cmdline", "commandline"}, []event.Path{event.ProcessCmdLine}, text.Message{EN: "the command line", KO: "명령줄"}},
	{"parent", nil, []event.Path{event.ParentName}, text.Message{EN: "the parent process", KO: "부모 프로세스"}},
	{"parentcmd", nil, []event.Path{event.ParentCmdLine}, text.Message{EN: "the parent's command line", KO: "부모 명령줄"}},
	{"file", []string{"filename"}, []event.Path{event.FileName}, text.Message{EN: "the file", KO: "파일"}},
	{"filepath", nil, []event.Path{event.FilePath}, text.Message{EN: "the path of the file", KO: "파일 경로"}},
	{"hash", nil, []event.Path{event.FileHashes}, text.Message{EN: "a hash of the file", KO: "파일 해시"}},
	{"from", nil, []event.Path{event.EmailFrom}, text.Message{EN: "the sender", KO: "보낸 사람"}},
	{"to", nil, []event.Path{event.EmailTo}, text.Message{EN: "a recipient", KO: "받는 사람"}},
	{"title", nil, []event.Path{event.EmailSubject}, text.Message{EN: "the subject of the mail", KO: "메일 제목"}},
	{"bytes", nil, []event.Path{event.Bytes}, text.Message{EN: "the number of bytes", KO: "전체 바이트"}},
	{"bytesin", []string{"bytes_in"}, []event.Path{event.BytesIn}, text.Message{EN: "the number of bytes from the server", KO: "서버가 보낸 바이트"}},
	{"bytesout", []string{"bytes_out"}, []event.Path{event.BytesOut}, text.Message{EN: "the number of bytes from the client", KO: "클라이언트가 보낸 바이트"}},
	{"duration", nil, []event.Path{event.Duration}, text.Message{EN: "the duration in milliseconds", KO: "지속 시간(밀리초)"}},
	{"severity", []string{"level"}, []event.Path{event.SeverityID}, text.Message{EN: "the severity", KO: "심각도"}},
	{"status", []string{"outcome", "result"}, []event.Path{event.StatusID}, text.Message{EN: "the outcome", KO: "결과"}},
	{"activity", []string{"action"}, []event.Path{event.ActivityID}, text.Message{EN: "the activity", KO: "활동"}},
	{"logontype", nil, []event.Path{event.LogonTypeID}, text.Message{EN: "the logon type", KO: "로그온 유형"}},
	{"finding", []string{"signature"}, []event.Path{event.FindingTitle}, text.Message{EN: "the title of the other sensor's finding", KO: "다른 센서의 탐지 제목"}},
	{"community", []string{"community_id"}, []event.Path{event.CommunityUID}, text.Message{EN: "the Community ID", KO: "Community ID"}},
	{"message", []string{"msg"}, []event.Path{event.Message}, text.Message{EN: "the message", KO: "메시지"}},
	{"raw", nil, []event.Path{event.RawData}, text.Message{EN: "the record as received", KO: "원본 기록"}},
	{"product", nil, []event.Path{event.ProductName}, text.Message{EN: "the product that wrote the record", KO: "기록한 제품"}},
	{"log", nil, []event.Path{event.LogName}, text.Message{EN: "the log", KO: "로그 이름"}},
}

// Labels of the fields that are no columns.
var (
	labelTime  = text.Message{EN: "the time", KO: "시각"}
	labelID    = text.Message{EN: "the id", KO: "이벤트 ID"}
	labelClass = text.Message{EN: "the class", KO: "분류"}
)

// classWords are the short names of the classes.
var classWords = [...]struct {
	word  string
	class event.Class
	also  []string
}{
	{"base", event.Base, []string{"unknown"}},
	{"file", event.FileActivity, nil},
	{"process", event.ProcessActivity, nil},
	{"finding", event.DetectionFinding, []string{"detection"}},
	{"account", event.AccountChange, nil},
	{"authentication", event.Authentication, []string{"auth", "login", "logon"}},
	{"network", event.NetworkActivity, []string{"flow", "conn"}},
	{"http", event.HTTPActivity, nil},
	{"dns", event.DNSActivity, nil},
	{"dhcp", event.DHCPActivity, nil},
	{"rdp", event.RDPActivity, nil},
	{"smb", event.SMBActivity, nil},
	{"ssh", event.SSHActivity, nil},
	{"ftp", event.FTPActivity, nil},
	{"email", event.EmailActivity, []string{"mail"}},
	{"ntp", event.NTPActivity, nil},
	{"tunnel", event.TunnelActivity, []string{"vpn"}},
	{"web", event.WebResources, nil},
	{"api", event.APIActivity, nil},
}

// captionWords are what people type besides OCSF's captions.
var captionWords = map[event.Path]map[string]int64{
	event.SeverityID: {"info": 1, "crit": 5},
	event.StatusID:   {"ok": 1, "succeeded": 1, "fail": 2, "failed": 2},
	event.DNSRcodeID: {"servfail": 2, "formerr": 1},
}
