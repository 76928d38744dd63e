package asset

import (
	"fmt"
	"time"

	"github.com/bongsu/bongsu/text"
)

// Via is by what kind of evidence something is known.
type Via string

// Kinds of evidence.
const (
	ViaPerson      Via = "person"
	ViaDHCP        Via = "dhcp"
	ViaARP         Via = "arp"
	ViaLink        Via = "link" // a frame that no router passes on
	ViaFlow        Via = "flow"
	ViaLog         Via = "log"
	ViaMDNS        Via = "mdns"
	ViaNetBIOS     Via = "netbios"
	ViaLLMNR       Via = "llmnr"
	ViaKerberos    Via = "kerberos"
	ViaNTLM        Via = "ntlm"
	ViaDNS         Via = "dns"
	ViaCertificate Via = "certificate"
	ViaSNI         Via = "sni"
	ViaHTTP        Via = "http"
	ViaSSH         Via = "ssh"
	ViaService     Via = "service"
)

// rank says which kind of evidence is the better one, the lowest first.
var rank = map[Via]int{
	ViaPerson: 0, ViaDHCP: 1, ViaARP: 2, ViaLink: 3, ViaLog: 4, ViaMDNS: 5, ViaNetBIOS: 6, ViaKerberos: 7, ViaNTLM: 8,
	ViaLLMNR: 9, ViaDNS: 10, ViaCertificate: 11, ViaSSH: 12, ViaSNI: 13, ViaHTTP: 14, ViaService: 15, ViaFlow: 16,
}

// own reports whether the machine itself says so, and not others about it.
func (v Via) own() bool {
	switch v {
	case ViaDHCP, ViaLog, ViaMDNS, ViaNetBIOS, ViaKerberos, ViaNTLM:
		return true
	}
	return false
}

// Text says in words what the evidence is.
func (v Via) Text() text.Message {
	if m, ok := vias[v]; ok {
		return m
	}
	return text.Message{EN: string(v), KO: string(v)}
}

var vias = map[Via]text.Message{
	ViaPerson:      {EN: "a person said so", KO: "담당자가 지정함"},
	ViaDHCP:        {EN: "said in DHCP", KO: "DHCP에서 확인됨"},
	ViaARP:         {EN: "said in ARP", KO: "ARP에서 확인됨"},
	ViaLink:        {EN: "sent by the machine itself on its own link", KO: "같은 링크에서 장비가 직접 보냄"},
	ViaFlow:        {EN: "seen in traffic", KO: "트래픽에서 관찰됨"},
	ViaLog:         {EN: "named as the origin of a log", KO: "로그를 보낸 장비로 기록됨"},
	ViaMDNS:        {EN: "announced by mDNS", KO: "mDNS로 알림"},
	ViaNetBIOS:     {EN: "registered as a NetBIOS name", KO: "NetBIOS 이름으로 등록됨"},
	ViaLLMNR:       {EN: "answered by LLMNR", KO: "LLMNR 응답"},
	ViaKerberos:    {EN: "machine account in Kerberos", KO: "Kerberos 컴퓨터 계정"},
	ViaNTLM:        {EN: "workstation of an NTLM logon", KO: "NTLM 로그온의 워크스테이션 이름"},
	ViaDNS:         {EN: "a DNS answer points to it", KO: "DNS 응답이 가리킴"},
	ViaCertificate: {EN: "named in its certificate", KO: "인증서에 적힌 이름"},
	ViaSNI:         {EN: "clients ask it for this name in TLS", KO: "클라이언트가 TLS에서 이 이름으로 접속함"},
	ViaHTTP:        {EN: "said in HTTP", KO: "HTTP에서 확인됨"},
	ViaSSH:         {EN: "said in an SSH banner", KO: "SSH 배너에서 확인됨"},
	ViaService:     {EN: "shown by a service that it offers", KO: "제공하는 서비스로 확인됨"},
}

// A Reason is why assets became one, or two, or why something of them changed.
type Reason struct {
	Kind  ReasonKind `json:"kind"`
	Other string     `json:"other,omitempty"` // the other asset
	Value string     `json:"value,omitempty"` // what they share
	Time  time.Time  `json:"time"`
	Event string     `json:"event,omitempty"`
	Actor string     `json:"actor,omitempty"` // who did it, "" for Bongsu
	Note  string     `json:"note,omitempty"`  // of that person
}

// A Similar is another asset that may be the same machine.
type Similar struct {
	ID string `json:"id"`
	Reason
}

// ReasonKind says what a reason is.
type ReasonKind string

// Kinds of reasons.
const (
	SameAddress    ReasonKind = "same-address"    // the address turned out to be that of this interface
	SameIdentifier ReasonKind = "same-identifier" // one identifier of DHCP
	SameName       ReasonKind = "same-name"
	PassedAddress  ReasonKind = "passed-address" // the address went from one to the other
	ManyBehind     ReasonKind = "many-behind"    // an interface turned out to be a router's
	ByPerson       ReasonKind = "merged-by-person"
	SplitByPerson  ReasonKind = "split-by-person"
	ApartByPerson  ReasonKind = "apart-by-person"
)

var reasons = map[ReasonKind]text.Message{
	SameAddress:    {EN: "{value} was all that was known of {other}; it turned out to be an address of this machine", KO: "{other|은는} 주소 {value|으로}만 알려져 있었는데, 이 장비의 주소로 확인되었습니다"},
	SameIdentifier: {EN: "both gave the identifier {value} in DHCP", KO: "두 장비 모두 DHCP에서 식별자 {value|을를} 사용했습니다"},
	SameName:       {EN: "both call themselves {value}", KO: "두 장비 모두 자신을 {value|이라고} 부릅니다"},
	PassedAddress:  {EN: "the address {value} went from one to the other", KO: "주소 {value|이가} 한쪽에서 다른 쪽으로 넘어갔습니다"},
	ManyBehind:     {EN: "many addresses are behind the interface {value}, so it is a router's and tells no machine apart", KO: "인터페이스 {value} 뒤에 주소가 많아 라우터로 판단되며, 장비를 구별하는 데 쓰지 않습니다"},
	ByPerson:       {EN: "{actor} merged it with {other}", KO: "{actor} 님이 {other|과와} 병합했습니다"},
	SplitByPerson:  {EN: "{actor} split it from {other}", KO: "{actor} 님이 {other}에서 분리했습니다"},
	ApartByPerson:  {EN: "{actor} said that {other} is another machine", KO: "{actor} 님이 {other|은는} 다른 장비라고 지정했습니다"},
}

// Say explains the reason.
func (r Reason) Say() text.Said {
	m, ok := reasons[r.Kind]
	if !ok {
		m = text.Message{EN: string(r.Kind), KO: string(r.Kind)}
	}
	return m.Say(text.Args{"value": r.Value, "other": r.Other, "actor": r.Actor})
}

// String is the reason in English, for logs.
func (r Reason) String() string { return fmt.Sprintf("%s (%s)", r.Say().EN, r.Event) }
