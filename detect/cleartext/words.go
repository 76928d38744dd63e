package cleartext

import (
	"strings"

	"github.com/bongsu/bongsu/detect"
	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/text"
)

var doc = text.Message{
	EN: "Finds passwords that travel over the network unencrypted.",
	KO: "암호화되지 않은 채 네트워크로 오가는 비밀번호를 찾습니다.",
}

var password = &detect.Rule{
	Detector: name, Name: "password", Severity: event.SeverityMedium,
	Techniques: []detect.Technique{{ID: "T1040", Name: "Network Sniffing", Tactic: "TA0006"}},
	Title: text.Message{
		EN: "{src} sends a password in clear text to {service} on {dst}",
		KO: "{src|이가} {dst}의 {service}에 비밀번호를 암호화하지 않고 보냅니다",
	},
	Why: text.Message{
		EN: "{n} {n|logon|logons} ({users}) went from {src} to {dst} without encryption. Anybody who can listen on the way, on the same Wi-Fi or on an infected machine nearby, can read the password and use it.",
		KO: "{src}에서 {dst|으로} 로그인이 암호화 없이 {n}번 오갔습니다({users}). 같은 와이파이나 가까운 감염 장비처럼 중간에서 엿들을 수 있는 사람은 누구나 비밀번호를 읽어 쓸 수 있습니다.",
	},
	Now: text.Message{
		EN: "Switch to {instead}, then change the password, here and wherever else it is used: it must count as known. If the device can do no better, put it into a network of its own.",
		KO: "{instead|으로} 바꾼 다음 비밀번호를 변경하십시오. 이미 알려졌다고 보아야 하므로, 같은 비밀번호를 쓰는 다른 곳도 함께 바꾸십시오. 장비가 지원하지 않는다면 따로 떨어진 네트워크에 두십시오.",
	},
	Hush: text.Message{
		EN: "If the device can do no better and stands in a network of its own, suppress rule cleartext/password for source {src}, target {dst} and service {rawservice}, with that reason, its owner, and the day by which it is replaced.",
		KO: "장비가 암호화를 지원하지 않고 따로 떨어진 네트워크에 있다면, 규칙 cleartext/password를 출발지 {src}, 대상 {dst}, 서비스 {rawservice}에 한해 예외로 등록하십시오. 그 사유와 담당자, 교체할 날짜를 적으십시오.",
	},
	HushBy: []detect.HushPart{detect.BySource, detect.ByTarget, detect.ByService},
}

func serviceName(service string) text.Message {
	switch service {
	case "":
		return text.Message{EN: "a service", KO: "어떤 서비스"}
	case "telnet":
		return text.Message{EN: "Telnet", KO: "텔넷"}
	}
	up := strings.ToUpper(service)
	return text.Message{EN: up, KO: up}
}

// instead names what does the same with encryption.
func instead(service string) text.Message {
	switch service {
	case "ftp":
		return text.Message{EN: "SFTP or FTPS", KO: "SFTP나 FTPS"}
	case "telnet":
		return text.Message{EN: "SSH", KO: "SSH"}
	case "pop3", "imap", "smtp":
		return text.Message{EN: "mail over TLS (SSL/TLS or STARTTLS in the mail program)", KO: "TLS 메일(메일 프로그램의 SSL/TLS 또는 STARTTLS 설정)"}
	case "http":
		return text.Message{EN: "HTTPS", KO: "HTTPS"}
	}
	return text.Message{EN: "an encrypted service", KO: "암호화된 서비스"}
}
