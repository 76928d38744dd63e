package beacon

import (
	"github.com/bongsu/bongsu/detect"
	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/text"
)

var (
	docAddress = text.Message{
		EN: "Finds clients that call one address on the Internet at regular intervals.",
		KO: "인터넷의 한 주소에 일정한 간격으로 접속하는 장비를 찾습니다.",
	}
	docHost = text.Message{
		EN: "Finds clients that call one name on the Internet at regular intervals, through a proxy or at changing addresses.",
		KO: "프록시를 거치거나 주소를 바꿔 가며 인터넷의 한 이름에 일정한 간격으로 접속하는 장비를 찾습니다.",
	}
)

var (
	webProtocols = detect.Technique{ID: "T1071.001", Name: "Web Protocols", Tactic: "TA0011"}
	appLayer     = detect.Technique{ID: "T1071", Name: "Application Layer Protocol", Tactic: "TA0011"}
	proxyUse     = detect.Technique{ID: "T1090.001", Name: "Internal Proxy", Tactic: "TA0011"}
)

var why = text.Message{
	EN: "{src} contacted {dst} {n} times in {span}, every {every} give or take {jitter}; {share} % of the pauses are near that (score {score} of 1). People do not keep time like this; programs that wait for orders do. So do some update checks.",
	KO: "{src|이가} {span} 동안 {dst}에 {n}번 접속했습니다. 간격은 {every} 안팎(편차 {jitter})이고, 간격의 {share}%가 이에 가깝습니다(점수 {score}, 최고 1). 사람은 이렇게 시간을 지키지 않습니다. 명령을 기다리는 악성 프로그램이 이렇게 움직이며, 일부 업데이트 확인도 그렇습니다.",
}

var now = text.Message{
	EN: "Find out which program on {src} calls {dst}, and whether anybody knows {dst}. If nobody does, take {src} off the network without switching it off, block {dst}, and have the machine examined.",
	KO: "{src}의 어떤 프로그램이 {dst}에 접속하는지, {dst|을를} 아는 사람이 있는지 확인하십시오. 아무도 모른다면 {src|을를} 끄지 말고 네트워크에서 분리하고, {dst|을를} 차단한 뒤 장비를 점검받으십시오.",
}

var direct = &detect.Rule{
	Detector: name, Name: "regular", Severity: event.SeverityMedium,
	Techniques: []detect.Technique{webProtocols, appLayer},
	Title: text.Message{
		EN: "{src} calls {dst} every {every}, like malware asking for orders",
		KO: "{src|이가} {every}마다 {dst}에 접속합니다. 명령을 기다리는 악성코드와 닮았습니다",
	},
	Why: why, Now: now,
	Hush: text.Message{
		EN: "If {dst} belongs to a service that you know (updates, backup, monitoring), suppress rule beacon/regular for target {dst}, with the name of the service as the reason and an end date.",
		KO: "{dst|이가} 아는 서비스(업데이트, 백업, 모니터링)라면, 규칙 beacon/regular를 대상 {dst}에 한해 예외로 등록하십시오. 사유에 서비스 이름을 적고 종료일을 정하십시오.",
	},
	HushBy: []detect.HushPart{detect.ByTarget},
}

var proxied = &detect.Rule{
	Detector: nameByHost, Name: "proxied", Severity: event.SeverityMedium,
	Techniques: []detect.Technique{webProtocols, proxyUse},
	Title: text.Message{
		EN: "{src} calls {dst} through the proxy every {every}, like malware asking for orders",
		KO: "{src|이가} 프록시를 거쳐 {every}마다 {dst}에 접속합니다. 명령을 기다리는 악성코드와 닮았습니다",
	},
	Why: why,
	Now: text.Message{
		EN: "Find out which program on {src} calls {dst}, and whether anybody knows {dst}. If nobody does, block {dst} at the proxy ({proxy}), take {src} off the network without switching it off, and have it examined.",
		KO: "{src}의 어떤 프로그램이 {dst}에 접속하는지, {dst|을를} 아는 사람이 있는지 확인하십시오. 아무도 모른다면 프록시({proxy})에서 {dst|을를} 차단하고, {src|을를} 끄지 말고 네트워크에서 분리해 점검받으십시오.",
	},
	Hush: text.Message{
		EN: "If {dst} belongs to a service that you know, suppress rule beacon-host/proxied for target {dst}, with the name of the service as the reason and an end date.",
		KO: "{dst|이가} 아는 서비스라면, 규칙 beacon-host/proxied를 대상 {dst}에 한해 예외로 등록하십시오. 사유에 서비스 이름을 적고 종료일을 정하십시오.",
	},
	HushBy: []detect.HushPart{detect.ByTarget},
}

var named = &detect.Rule{
	Detector: nameByHost, Name: "regular", Severity: event.SeverityMedium,
	Techniques: []detect.Technique{webProtocols, appLayer},
	Title: text.Message{
		EN: "{src} calls {dst} every {every}, like malware asking for orders",
		KO: "{src|이가} {every}마다 {dst}에 접속합니다. 명령을 기다리는 악성코드와 닮았습니다",
	},
	Why: why, Now: now,
	Hush: text.Message{
		EN: "If {dst} belongs to a service that you know, suppress rule beacon-host/regular for target {dst}, with the name of the service as the reason and an end date.",
		KO: "{dst|이가} 아는 서비스라면, 규칙 beacon-host/regular를 대상 {dst}에 한해 예외로 등록하십시오. 사유에 서비스 이름을 적고 종료일을 정하십시오.",
	},
	HushBy: []detect.HushPart{detect.ByTarget},
}
