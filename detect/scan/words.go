package scan

import (
	"github.com/bongsu/bongsu/detect"
	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/text"
)

var doc = text.Message{
	EN: "Finds machines that probe which doors of the network are open: scans of ports, of machines, by ping and by ARP.",
	KO: "네트워크에서 열려 있는 문을 찾아 두드리는 장비를 찾습니다. 포트 스캔, 호스트 스캔, 핑 스캔, ARP 스캔이 대상입니다.",
}

var (
	serviceDiscovery = detect.Technique{ID: "T1046", Name: "Network Service Discovery", Tactic: "TA0007"}
	systemDiscovery  = detect.Technique{ID: "T1018", Name: "Remote System Discovery", Tactic: "TA0007"}
	activeScanning   = detect.Technique{ID: "T1595.001", Name: "Scanning IP Blocks", Tactic: "TA0043"}
)

var vertical = &detect.Rule{
	Detector: name, Name: "vertical", Severity: event.SeverityMedium,
	Techniques: []detect.Technique{serviceDiscovery, activeScanning},
	Title: text.Message{
		EN: "{src} is trying the ports of {targets}",
		KO: "{src|이가} {targets}의 포트를 차례로 두드리고 있습니다",
	},
	Why: text.Message{
		EN: "{src} tried {ports} different ports within {span} ({doors}). Nearly all refused, stayed silent, or were left again without a word. A program that knows its service asks for one or two ports; this looks for whatever is open.",
		KO: "{src|이가} {span} 동안 서로 다른 포트 {ports}개를 시도했습니다({doors}). 거의 모두 거절되거나 응답이 없거나, 연결만 되고 아무 말 없이 끊겼습니다. 정상 프로그램은 정해진 포트 한두 개만 찾습니다. 이것은 열려 있는 곳을 찾는 행동입니다.",
	},
	Now: text.Message{
		EN: "Find out what {src} is. If it is one of your machines, take it off the network and look for malware: somebody may be using it. If it is on the Internet, block it at the firewall and check that {targets} offers only what it must.",
		KO: "먼저 {src|이가} 어떤 장비인지 확인하십시오. 우리 장비라면 누군가 몰래 쓰고 있을 수 있으니 네트워크에서 분리하고 악성코드를 점검하십시오. 인터넷 주소라면 방화벽에서 차단하고, {targets}에 꼭 필요한 서비스만 열려 있는지 확인하십시오.",
	},
	Hush: text.Message{
		EN: "If {src} is a vulnerability scanner of yours, suppress rule scan/vertical for source {src} only, with the reason \"approved vulnerability scan\", the name of who approved it, and the day on which the scan ends.",
		KO: "{src|이가} 우리가 운영하는 취약점 점검 도구라면, 규칙 scan/vertical을 출발지 {src}에 한해 예외로 등록하십시오. 사유에는 '승인된 취약점 점검'과 승인자 이름을, 종료일에는 점검이 끝나는 날을 적으십시오.",
	},
	HushBy: []detect.HushPart{detect.BySource},
}

var horizontal = &detect.Rule{
	Detector: name, Name: "horizontal", Severity: event.SeverityMedium,
	Techniques: []detect.Technique{serviceDiscovery, activeScanning},
	Title: text.Message{
		EN: "{src} is looking for machines with port {doors} open",
		KO: "{src|이가} {doors} 포트가 열린 장비를 찾고 있습니다",
	},
	Why: text.Message{
		EN: "{src} asked {hosts} different machines for port {doors} within {span}, and most had nothing to offer there ({targets}). A program that knows its server does not ask one machine after the other; worms and intruders do.",
		KO: "{src|이가} {span} 동안 장비 {hosts}대에 {doors} 포트를 물었고, 대부분 그 서비스가 없었습니다({targets}). 정상 프로그램은 서버를 알고 접속하므로 여러 장비를 차례로 찾아다니지 않습니다. 웜이나 침입자가 하는 행동입니다.",
	},
	Now: text.Message{
		EN: "Find out what {src} is. If it is one of your machines, take it off the network and look for malware. If it is on the Internet, block it, and make sure that port {doors} cannot be reached from outside. Then check the machines that did answer.",
		KO: "먼저 {src|이가} 어떤 장비인지 확인하십시오. 우리 장비라면 네트워크에서 분리하고 악성코드를 점검하십시오. 인터넷 주소라면 차단하고, 외부에서 {doors} 포트에 접근할 수 없게 하십시오. 그다음 응답한 장비를 점검하십시오.",
	},
	Hush: text.Message{
		EN: "If {src} is your inventory or monitoring server, suppress rule scan/horizontal for source {src} and port {doors}, with the reason \"asset discovery\", its owner, and an end date.",
		KO: "{src|이가} 자산 관리나 모니터링 서버라면, 규칙 scan/horizontal을 출발지 {src}, 포트 {doors}에 한해 예외로 등록하십시오. 사유에는 '자산 탐색'과 담당자 이름을 적고 종료일을 정하십시오.",
	},
	HushBy: []detect.HushPart{detect.BySource, detect.ByPort},
}

var pingSweep = &detect.Rule{
	Detector: name, Name: "ping", Severity: event.SeverityMedium,
	Techniques: []detect.Technique{systemDiscovery, activeScanning},
	Title: text.Message{
		EN: "{src} is pinging address after address to see which machines exist",
		KO: "{src|이가} 어떤 장비가 있는지 주소마다 핑을 보내 찾고 있습니다",
	},
	Why: text.Message{
		EN: "{src} pinged {hosts} addresses within {span}, some of which do not answer ({targets}). Monitoring pings the machines that it knows; this finds out which there are.",
		KO: "{src|이가} {span} 동안 주소 {hosts}개에 핑을 보냈고, 그중 일부는 응답이 없습니다({targets}). 모니터링은 이미 아는 장비에만 핑을 보냅니다. 이것은 어떤 장비가 있는지 알아내는 행동입니다.",
	},
	Now: text.Message{
		EN: "Find out who uses {src} and whether this was meant. If nobody can say, take it off the network and look at what it did next: attacks on the machines that answered usually follow.",
		KO: "{src|을를} 누가 쓰는지, 일부러 한 일인지 확인하십시오. 아무도 모른다면 네트워크에서 분리하고 그 뒤에 무엇을 했는지 살펴보십시오. 보통 응답한 장비에 대한 공격이 이어집니다.",
	},
	Hush: text.Message{
		EN: "If {src} is a monitoring or inventory server, suppress rule scan/ping for source {src}, with the reason \"network monitoring\", its owner, and an end date.",
		KO: "{src|이가} 모니터링이나 자산 관리 서버라면, 규칙 scan/ping을 출발지 {src}에 한해 예외로 등록하십시오. 사유에는 '네트워크 모니터링'과 담당자 이름을 적고 종료일을 정하십시오.",
	},
	HushBy: []detect.HushPart{detect.BySource},
}

var arpSweep = &detect.Rule{
	Detector: name, Name: "arp", Severity: event.SeverityMedium,
	Techniques: []detect.Technique{systemDiscovery},
	Title: text.Message{
		EN: "{src} is asking for every address of the local network",
		KO: "{src|이가} 내부 네트워크의 주소를 하나하나 찾고 있습니다",
	},
	Why: text.Message{
		EN: "{src} asked by ARP for {hosts} different addresses within {span} ({targets}). A machine asks for the few that it talks to; asking for all in a row maps the network.",
		KO: "{src|이가} {span} 동안 ARP로 서로 다른 주소 {hosts}개를 찾았습니다({targets}). 보통 장비는 통신할 몇 대만 찾습니다. 모두를 차례로 찾는 것은 네트워크 지도를 그리는 행동입니다.",
	},
	Now: text.Message{
		EN: "Find out who uses {src} and whether it was meant. If {src} is your router, somebody behind it is scanning: look there. If nobody can say, take the machine off the network and check it.",
		KO: "{src|을를} 누가 쓰는지, 일부러 한 일인지 확인하십시오. {src|이가} 공유기나 라우터라면 그 뒤에서 누군가 스캔하고 있는 것이니 그쪽을 살펴보십시오. 아무도 모른다면 네트워크에서 분리하고 점검하십시오.",
	},
	Hush: text.Message{
		EN: "If {src} is an inventory tool of yours, suppress rule scan/arp for source {src}, with the reason \"asset discovery\", its owner, and an end date.",
		KO: "{src|이가} 우리 자산 탐색 도구라면, 규칙 scan/arp를 출발지 {src}에 한해 예외로 등록하십시오. 사유에는 '자산 탐색'과 담당자 이름을 적고 종료일을 정하십시오.",
	},
	HushBy: []detect.HushPart{detect.BySource},
}

var traceroute = &detect.Rule{
	Detector: name, Name: "traceroute", Severity: event.SeverityLow,
	Techniques: []detect.Technique{{ID: "T1016", Name: "System Network Configuration Discovery", Tactic: "TA0007"}},
	Title: text.Message{
		EN: "{src} traced the way to {targets}",
		KO: "{src|이가} {targets}까지의 경로를 추적했습니다",
	},
	Why: text.Message{
		EN: "{src} sent {ports} datagrams to neighbouring ports ({doors}), as traceroute does. Administrators do this to find a fault; seldom is it more.",
		KO: "{src|이가} 이웃한 포트({doors})로 데이터그램 {ports}개를 보냈습니다. traceroute의 동작입니다. 대개 관리자가 장애를 찾을 때 하는 일입니다.",
	},
	Now: text.Message{
		EN: "Nothing, unless {src} does other things that nobody can explain.",
		KO: "{src|이가} 설명할 수 없는 다른 행동을 하지 않는다면 할 일이 없습니다.",
	},
	Hush: text.Message{
		EN: "Suppress rule scan/traceroute for source {src}, with the reason \"network troubleshooting\" and an end date.",
		KO: "규칙 scan/traceroute를 출발지 {src}에 한해 예외로 등록하고, 사유에 '네트워크 장애 점검'을 적고 종료일을 정하십시오.",
	},
	HushBy: []detect.HushPart{detect.BySource},
}
