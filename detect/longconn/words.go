package longconn

import (
	"github.com/bongsu/bongsu/detect"
	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/text"
)

var doc = text.Message{
	EN: "Finds connections that are held open unusually long.",
	KO: "지나치게 오래 유지되는 연결을 찾습니다.",
}

var held = &detect.Rule{
	Detector: name, Name: "held", Severity: event.SeverityLow,
	Techniques: []detect.Technique{
		{ID: "T1571", Name: "Non-Standard Port", Tactic: "TA0011"},
		{ID: "T1219", Name: "Remote Access Tools", Tactic: "TA0011"},
	},
	Title: text.Message{
		EN: "{src} held a connection to {dst} open for {span}",
		KO: "{src|이가} {dst|과와}의 연결을 {span} 동안 열어 두었습니다",
	},
	Why: text.Message{
		EN: "A connection from {src} to port {port} of {dst} lasted {span} and carried {bytes} bytes. Pages, mail and downloads end within minutes. An open line is how a machine is controlled from afar; some agents for monitoring and support hold one too.",
		KO: "{src}에서 {dst}의 {port}번 포트로 맺은 연결이 {span} 동안 이어졌고 {bytes}바이트가 오갔습니다. 웹, 메일, 내려받기는 몇 분이면 끝납니다. 열린 연결은 장비를 원격으로 조종하는 통로가 되며, 일부 모니터링이나 원격 지원 프로그램도 이렇게 합니다.",
	},
	Now: text.Message{
		EN: "Find out which program on {src} holds the connection and who runs {dst}. If it is remote support or monitoring that you know, note it. If nobody knows it, cut the connection and have {src} examined.",
		KO: "{src}의 어떤 프로그램이 연결을 유지하는지, {dst|을를} 누가 운영하는지 확인하십시오. 알고 있는 원격 지원이나 모니터링이라면 기록해 두십시오. 아무도 모른다면 연결을 끊고 {src|을를} 점검받으십시오.",
	},
	Hush: text.Message{
		EN: "If the program is known, suppress rule longconn/held for source {src}, target {dst} and port {port}, with its name as the reason, its owner, and an end date.",
		KO: "아는 프로그램이라면, 규칙 longconn/held를 출발지 {src}, 대상 {dst}, 포트 {port}에 한해 예외로 등록하십시오. 사유에 프로그램 이름과 담당자를 적고 종료일을 정하십시오.",
	},
	HushBy: []detect.HushPart{detect.BySource, detect.ByTarget, detect.ByPort},
}
