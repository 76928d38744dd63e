package guess

import (
	"strings"

	"github.com/bongsu/bongsu/detect"
	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/text"
)

var (
	docSource = text.Message{
		EN: "Finds sources that guess passwords: many tries at one account, or a few at many.",
		KO: "비밀번호를 추측하는 출발지를 찾습니다. 한 계정에 여러 번 시도하거나 여러 계정에 조금씩 시도하는 경우입니다.",
	}
	docTarget = text.Message{
		EN: "Finds services whose passwords are guessed from many addresses at once.",
		KO: "여러 주소에서 한꺼번에 비밀번호 추측을 당하는 서비스를 찾습니다.",
	}
)

var (
	passwordGuessing = detect.Technique{ID: "T1110.001", Name: "Password Guessing", Tactic: "TA0006"}
	passwordSpraying = detect.Technique{ID: "T1110.003", Name: "Password Spraying", Tactic: "TA0006"}
	bruteForce       = detect.Technique{ID: "T1110", Name: "Brute Force", Tactic: "TA0006"}
	validAccounts    = detect.Technique{ID: "T1078", Name: "Valid Accounts", Tactic: "TA0001"}
)

// serviceName writes a service as people know it.
func serviceName(service string) text.Message {
	switch service {
	case "ssh", "ftp", "pop3", "imap", "smtp", "rdp", "smb", "http", "vnc":
		up := strings.ToUpper(service)
		return text.Message{EN: up, KO: up}
	case "telnet":
		return text.Message{EN: "Telnet", KO: "텔넷"}
	case "kerberos", "krb5", "krb_tcp":
		return text.Message{EN: "Kerberos", KO: "커버로스(Kerberos)"}
	case "su", "sudo":
		return text.Message{EN: service, KO: service}
	}
	return text.Message{EN: service, KO: service}
}

var guessing = &detect.Rule{
	Detector: name, Name: "password", Severity: event.SeverityMedium,
	Techniques: []detect.Technique{passwordGuessing, bruteForce},
	Title: text.Message{
		EN: "{src} is guessing passwords for {service} on {dst}",
		KO: "{src|이가} {dst}의 {service} 비밀번호를 추측하고 있습니다",
	},
	Why: text.Message{
		EN: "{n} {n|logon|logons} from {src} failed within {span} (accounts: {users}). A person who forgot a password stops sooner.",
		KO: "{src}에서 {span} 동안 로그인이 {n}번 실패했습니다(계정: {users}). 비밀번호를 잊은 사람이라면 이보다 먼저 멈춥니다.",
	},
	Now: text.Message{
		EN: "Block {src} at the firewall. Check in the log of {dst} that none of its logons worked; if one did, change that password at once. If the same account fails at a steady pace from one of your own machines, a program there has an old password: give it the new one.",
		KO: "방화벽에서 {src|을를} 차단하십시오. {dst}의 로그에서 성공한 로그인이 없는지 확인하고, 있다면 그 비밀번호를 즉시 바꾸십시오. 우리 장비에서 같은 계정이 일정한 간격으로 실패한다면 그 장비의 프로그램이 옛 비밀번호를 쓰고 있는 것이니 새 비밀번호를 넣어 주십시오.",
	},
	Hush: text.Message{
		EN: "If it is a program with an old password, or a test of your own, suppress rule guess/password for source {src}, target {dst} and service {rawservice}, with that reason and the day by which it is mended.",
		KO: "옛 비밀번호를 쓰는 프로그램이거나 직접 하는 점검이라면, 규칙 guess/password를 출발지 {src}, 대상 {dst}의 {rawservice} 서비스에 한해 예외로 등록하십시오. 그 사유와 고칠 날짜를 종료일로 적으십시오.",
	},
	HushBy: []detect.HushPart{detect.BySource, detect.ByTarget, detect.ByService},
}

var spraying = &detect.Rule{
	Detector: name, Name: "spray", Severity: event.SeverityMedium,
	Techniques: []detect.Technique{passwordSpraying, bruteForce},
	Title: text.Message{
		EN: "{src} is trying {accounts} accounts of {service} on {dst}",
		KO: "{src|이가} {dst}의 {service} 계정 {accounts}개를 차례로 시도하고 있습니다",
	},
	Why: text.Message{
		EN: "Within {span}, {src} failed to log on {n} times with {accounts} different accounts ({users}); {unknown} of them {unknown|does|do} not exist. A few tries each stay below the point at which accounts are locked. People know their own names.",
		KO: "{src|이가} {span} 동안 서로 다른 계정 {accounts}개({users})로 {n}번 로그인에 실패했고, 그중 {unknown}개는 없는 계정입니다. 계정이 잠기지 않도록 조금씩만 시도하는 수법입니다. 사람은 자기 계정 이름을 압니다.",
	},
	Now: text.Message{
		EN: "Block {src}, or take it off the network if it is one of your machines. Look for logons from {src} that worked, and change those passwords. Turn on a second factor for {service} if there is none.",
		KO: "{src|을를} 차단하고, 우리 장비라면 네트워크에서 분리하십시오. {src}에서 성공한 로그인이 있는지 찾아 그 비밀번호를 바꾸십시오. {service}에 2단계 인증이 없다면 켜십시오.",
	},
	Hush: text.Message{
		EN: "If {src} is a gateway behind which many people log on, or a test of your own, suppress rule guess/spray for source {src} and target {dst}, with that reason, who answers for it, and an end date.",
		KO: "{src|이가} 여러 사람이 함께 쓰는 게이트웨이이거나 직접 하는 점검이라면, 규칙 guess/spray를 출발지 {src}, 대상 {dst}에 한해 예외로 등록하십시오. 그 사유와 담당자, 종료일을 적으십시오.",
	},
	HushBy: []detect.HushPart{detect.BySource, detect.ByTarget},
}

var talking = &detect.Rule{
	Detector: name, Name: "conversations", Severity: event.SeverityMedium,
	Techniques: []detect.Technique{passwordGuessing, bruteForce},
	Title: text.Message{
		EN: "{src} is probably guessing passwords for {service} on {dst}",
		KO: "{src|이가} {dst}의 {service} 비밀번호를 추측하는 것으로 보입니다",
	},
	Why: text.Message{
		EN: "{src} opened {n} short conversations with {service} on {dst} within {span}. Each is about as long as it takes to be refused. What was said is encrypted or was not recorded, so this goes by the number alone.",
		KO: "{src|이가} {span} 동안 {dst}의 {service|과와} 짧은 대화를 {n}번 했습니다. 모두 로그인이 거절될 만큼의 길이입니다. 내용은 암호화되었거나 기록되지 않아 횟수만으로 판단했습니다.",
	},
	Now: text.Message{
		EN: "Look into the log of {dst}: did logons from {src} fail, and did one work? If they failed, block {src}; if one worked, change that password at once. Close {service} to the Internet.",
		KO: "{dst}의 로그에서 {src}의 로그인이 실패했는지, 성공한 것이 있는지 확인하십시오. 실패했다면 {src|을를} 차단하고, 성공했다면 그 비밀번호를 즉시 바꾸십시오. {service|을를} 인터넷에서 닫으십시오.",
	},
	Hush: text.Message{
		EN: "If {src} runs jobs that log on often, suppress rule guess/conversations for source {src}, target {dst} and service {rawservice}, with the job's name and owner as the reason, and an end date.",
		KO: "{src|이가} 자주 로그인하는 자동 작업을 돌린다면, 규칙 guess/conversations를 출발지 {src}, 대상 {dst}의 {rawservice} 서비스에 한해 예외로 등록하십시오. 사유에 작업 이름과 담당자를 적고 종료일을 정하십시오.",
	},
	HushBy: []detect.HushPart{detect.BySource, detect.ByTarget, detect.ByService},
}

var guessed = &detect.Rule{
	Detector: name, Name: "success", Severity: event.SeverityHigh,
	Techniques: []detect.Technique{passwordGuessing, validAccounts},
	Title: text.Message{
		EN: "{src} got into {service} on {dst} as {user} after guessing passwords",
		KO: "{src|이가} 비밀번호를 추측한 끝에 {dst}의 {service}에 {account|으로} 로그인했습니다",
	},
	Why: text.Message{
		EN: "After {n} {n|failure|failures} from {src}, a logon as {user} worked. Whoever guessed now has that account.",
		KO: "{src}에서 {n}번 실패한 뒤 {account|으로} 로그인이 성공했습니다. 추측하던 사람이 이제 그 계정을 쓸 수 있습니다.",
	},
	Now: text.Message{
		EN: "Act now: end the sessions of {user}, change its password, block {src}, and find out what was done on {dst} since. Change the password wherever else it is used.",
		KO: "지금 바로 조치하십시오. {account}의 세션을 끊고 비밀번호를 바꾸고 {src|을를} 차단한 뒤, 그 이후 {dst}에서 무슨 일이 있었는지 확인하십시오. 같은 비밀번호를 쓰는 다른 곳도 바꾸십시오.",
	},
	Hush: text.Message{
		EN: "Only if {user} confirms that it was they: suppress rule guess/success for source {src} and {user}, with the reason \"confirmed by the user\", when and by whom, for one day.",
		KO: "{account}의 주인이 본인이라고 확인한 경우에만, 규칙 guess/success를 출발지 {src}, {account}에 한해 하루 동안 예외로 등록하십시오. 사유에는 '본인 확인'과 확인한 사람, 시각을 적으십시오.",
	},
	HushBy: []detect.HushPart{detect.BySource, detect.ByUser},
}

var distributed = &detect.Rule{
	Detector: distributedName, Name: "many-sources", Severity: event.SeverityMedium,
	Techniques: []detect.Technique{passwordGuessing, bruteForce},
	Title: text.Message{
		EN: "{sources} addresses are guessing passwords for {service} on {dst}",
		KO: "주소 {sources}개가 {dst}의 {service} 비밀번호를 추측하고 있습니다",
	},
	Why: text.Message{
		EN: "Within {span}, {n} logons with {what} failed from {sources} addresses, none of which ever got in. Each tries little, so that counting by address would not notice: this is how rented networks of infected machines work.",
		KO: "{span} 동안 주소 {sources}개에서 {what} 로그인이 {n}번 실패했고, 성공한 주소는 없습니다. 주소마다 조금씩만 시도해 주소별 집계로는 드러나지 않습니다. 감염된 장비를 모은 봇넷이 쓰는 수법입니다.",
	},
	Now: text.Message{
		EN: "Do not chase single addresses. Close {service} on {dst} to the Internet, or put it behind a VPN; allow keys or a second factor only. Then look for a logon that worked.",
		KO: "주소를 하나씩 차단하는 것은 소용이 적습니다. {dst}의 {service|을를} 인터넷에서 닫거나 VPN 뒤에 두고, 키나 2단계 인증만 허용하십시오. 그다음 성공한 로그인이 없는지 확인하십시오.",
	},
	Hush: text.Message{
		EN: "If {dst} must stay open to the Internet and passwords are switched off there, suppress rule distributed-guess/many-sources for target {dst}, with the reason \"keys only, passwords off\", its owner, and an end date.",
		KO: "{dst|을를} 인터넷에 열어 두어야 하고 비밀번호 로그인을 꺼 두었다면, 규칙 distributed-guess/many-sources를 대상 {dst}에 한해 예외로 등록하십시오. 사유에는 '키만 허용, 비밀번호 꺼짐'과 담당자 이름을 적고 종료일을 정하십시오.",
	},
	HushBy: []detect.HushPart{detect.ByTarget},
}
