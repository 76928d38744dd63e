package detect

import (
	"bytes"
	"encoding/json"
	"net"
	"net/netip"
	"strings"

	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/text"
)

// OCSF classes of findings (https://schema.ocsf.io, category Findings).
const (
	ocsfFindings  = 2
	ocsfDetection = 2004
)

// ocsfFinding is a Detection Finding (2004). Its members stand in the order in
// which they are written, so that equal findings give equal bytes.
type ocsfFinding struct {
	ClassUID     int              `json:"class_uid"`
	ClassName    string           `json:"class_name"`
	CategoryUID  int              `json:"category_uid"`
	CategoryName string           `json:"category_name"`
	ActivityID   int              `json:"activity_id"`
	ActivityName string           `json:"activity_name"`
	TypeUID      int              `json:"type_uid"`
	TypeName     string           `json:"type_name"`
	SeverityID   event.Severity   `json:"severity_id"`
	Severity     string           `json:"severity"`
	Time         int64            `json:"time"`
	StartTime    int64            `json:"start_time"`
	EndTime      int64            `json:"end_time"`
	Count        int              `json:"count"`
	Message      string           `json:"message"`
	StatusID     int              `json:"status_id"`
	Status       string           `json:"status"`
	IsAlert      bool             `json:"is_alert"`
	ConfidenceID int              `json:"confidence_id"`
	Confidence   string           `json:"confidence"`
	Score        int              `json:"confidence_score"`
	Info         OCSFInfo         `json:"finding_info"`
	Evidences    []ocsfEvidence   `json:"evidences,omitempty"`
	Resources    []OCSFResource   `json:"resources,omitempty"`
	Observables  []OCSFObservable `json:"observables,omitempty"`
	Remediation  ocsfRemediation  `json:"remediation"`
	Metadata     OCSFMetadata     `json:"metadata"`
	Unmapped     ocsfUnmapped     `json:"unmapped"`
}

// ocsfUnmapped is what OCSF has no place for.
type ocsfUnmapped struct {
	Recording   string           `json:"recording,omitempty"`
	State       string           `json:"state,omitempty"`
	Owner       string           `json:"owner,omitempty"`
	Suppression *ocsfSuppression `json:"suppression,omitempty"`
	EN          ocsfWords        `json:"en"`
	KO          ocsfWords        `json:"ko"`
}

type ocsfSuppression struct {
	UID    string `json:"uid"`
	Reason string `json:"reason"`
	Until  int64  `json:"until,omitempty"`
}

type ocsfWords struct {
	Title string `json:"title"`
	Why   string `json:"why"`
	Now   string `json:"now"`
	Hush  string `json:"hush"`
}

type ocsfRemediation struct {
	Desc string `json:"desc"`
}

// OCSFInfo is OCSF's finding_info object.
type OCSFInfo struct {
	UID       string        `json:"uid"`
	Title     string        `json:"title"`
	Desc      string        `json:"desc"`
	Analytic  ocsfAnalytic  `json:"analytic"`
	Attacks   []OCSFAttack  `json:"attacks,omitempty"`
	FirstSeen int64         `json:"first_seen_time"`
	LastSeen  int64         `json:"last_seen_time"`
	Related   []ocsfRelated `json:"related_events,omitempty"`
	Count     int           `json:"related_events_count"`
}

type ocsfAnalytic struct {
	UID      string `json:"uid"`
	Name     string `json:"name"`
	Category string `json:"category,omitempty"`
	TypeID   int    `json:"type_id"`
	Type     string `json:"type"`
}

type ocsfRelated struct {
	UID  string `json:"uid"`
	Time int64  `json:"first_seen_time"`
	Desc string `json:"desc,omitempty"`
}

// OCSFAttack is OCSF's attack object: one technique with its tactic.
type OCSFAttack struct {
	Tactic *ocsfNamed `json:"tactic,omitempty"`
	Tech   *ocsfNamed `json:"technique,omitempty"`
	Sub    *ocsfNamed `json:"sub_technique,omitempty"`
}

type ocsfNamed struct {
	UID  string `json:"uid"`
	Name string `json:"name,omitempty"`
}

type ocsfEvidence struct {
	UID  string            `json:"uid"`
	Src  *ocsfEndpoint     `json:"src_endpoint,omitempty"`
	Dst  *ocsfEndpoint     `json:"dst_endpoint,omitempty"`
	Data map[string]string `json:"data,omitempty"`
}

type ocsfEndpoint struct {
	IP       string `json:"ip,omitempty"`
	Hostname string `json:"hostname,omitempty"`
	Port     int64  `json:"port,omitempty"`
}

// OCSFResource is OCSF's resource_details object: what a finding is about.
type OCSFResource struct {
	Name     string `json:"name"`
	Type     string `json:"type"`
	RoleID   int    `json:"role_id"`
	Role     string `json:"role"`
	IP       string `json:"ip,omitempty"`
	Hostname string `json:"hostname,omitempty"`
}

// OCSFObservable is OCSF's observable object: a value to search other records
// for.
type OCSFObservable struct {
	Name   string `json:"name,omitempty"`
	TypeID int    `json:"type_id"`
	Type   string `json:"type"`
	Value  string `json:"value"`
}

// OCSFMetadata is OCSF's metadata object.
type OCSFMetadata struct {
	Version  string      `json:"version"`
	UID      string      `json:"uid"`
	Profiles []string    `json:"profiles,omitempty"`
	Product  ocsfProduct `json:"product"`
	LogName  string      `json:"log_name,omitempty"`
	Tenant   string      `json:"tenant_uid,omitempty"`
}

type ocsfProduct struct {
	Name     string    `json:"name"`
	Vendor   string    `json:"vendor_name"`
	Language text.Lang `json:"lang"`
}

// AppendOCSF appends the finding as one OCSF object of class Detection Finding
// (2004), without a line end. Lang is the language of the members that OCSF
// has for people; both languages stand in unmapped, as do the recording and
// what became of the finding. Equal findings give equal bytes.
func (f *Finding) AppendOCSF(dst []byte, lang text.Lang) []byte {
	level, caption := OCSFConfidence(f.Confidence)
	h := f.Handling
	if h.State == "new" { // as one that was never handed to anybody
		h.State = ""
	}
	activity, activityName := 1, "Create"
	if h.State != "" || h.SuppressedBy != "" {
		activity, activityName = 2, "Update"
	}
	if h.State == "closed" {
		activity, activityName = 3, "Close"
	}
	status, statusName := h.ocsfStatus()
	o := ocsfFinding{
		ClassUID: ocsfDetection, ClassName: "Detection Finding",
		CategoryUID: ocsfFindings, CategoryName: "Findings",
		ActivityID: activity, ActivityName: activityName,
		TypeUID: ocsfDetection*100 + activity, TypeName: "Detection Finding: " + activityName,
		SeverityID: f.Severity, Severity: f.Severity.String(),
		// What a finding rests on is complete with its last event.
		Time: f.Last.UnixMilli(), StartTime: f.First.UnixMilli(), EndTime: f.Last.UnixMilli(),
		Count:    max(f.Count, 1),
		Message:  f.Title.In(lang),
		StatusID: status, Status: statusName,
		IsAlert:      f.Severity >= event.SeverityMedium && h.SuppressedBy == "",
		ConfidenceID: level, Confidence: caption, Score: f.Confidence,
		Info:        f.OCSFInfo(lang),
		Resources:   OCSFResources(f.Entities),
		Observables: OCSFObservables(f.Entities),
		Remediation: ocsfRemediation{Desc: f.Now.In(lang)},
		Metadata:    NewOCSFMetadata(f.ID, f.Tenant, f.Recording, lang),
		Unmapped: ocsfUnmapped{
			Recording: f.Recording, State: h.State, Owner: h.Owner,
			EN: f.words(text.English), KO: f.words(text.Korean),
		},
	}
	if h.SuppressedBy != "" {
		o.Unmapped.Suppression = &ocsfSuppression{UID: h.SuppressedBy, Reason: h.Reason}
		if !h.Until.IsZero() {
			o.Unmapped.Suppression.Until = h.Until.UnixMilli()
		}
	}
	for i := range f.Evidence {
		o.Evidences = append(o.Evidences, f.Evidence[i].ocsf())
	}
	return AppendOCSF(dst, &o)
}

// ocsfStatus is the status of a finding, which is that of its incident.
func (h Handling) ocsfStatus() (id int, caption string) {
	switch {
	case h.SuppressedBy != "":
		return 3, "Suppressed"
	case h.State == "open", h.State == "contained":
		return 2, "In Progress"
	case h.State == "closed":
		return 4, "Resolved"
	}
	return 1, "New"
}

func (f *Finding) words(lang text.Lang) ocsfWords {
	return ocsfWords{Title: f.Title.In(lang), Why: f.Why.In(lang), Now: f.Now.In(lang), Hush: f.Hush.In(lang)}
}

// AppendOCSF appends an OCSF object whose members stand in order.
func AppendOCSF(dst []byte, object any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(object); err != nil {
		// Nothing in these objects can fail to encode: they hold text and numbers.
		return append(dst, "{}"...)
	}
	return append(dst, bytes.TrimSuffix(b.Bytes(), []byte("\n"))...)
}

// OCSFInfo returns the finding as OCSF's finding_info object.
func (f *Finding) OCSFInfo(lang text.Lang) OCSFInfo {
	info := OCSFInfo{
		UID: f.ID, Title: f.Title.In(lang), Desc: f.Why.In(lang),
		FirstSeen: f.First.UnixMilli(), LastSeen: f.Last.UnixMilli(),
		Count: max(f.Count, len(f.Evidence)),
	}
	if f.Rule != nil {
		info.Analytic = ocsfAnalytic{UID: f.Rule.Detector + "/" + f.Rule.Name, Name: f.Rule.Name, Category: f.Rule.Detector, TypeID: 1, Type: "Rule"}
		info.Attacks = OCSFAttacks(f.Rule.Techniques)
	}
	for i := range f.Evidence {
		e := &f.Evidence[i]
		info.Related = append(info.Related, ocsfRelated{UID: e.EventID, Time: e.Time.UnixMilli(), Desc: e.Fact})
	}
	return info
}

// OCSFAttacks returns techniques as OCSF's attack objects. Of a sub-technique
// it gives the technique above it too.
func OCSFAttacks(techniques []Technique) []OCSFAttack {
	var out []OCSFAttack
	for _, t := range techniques {
		a := OCSFAttack{}
		if above, _, found := strings.Cut(t.ID, "."); found {
			a.Tech = &ocsfNamed{UID: above}
			a.Sub = &ocsfNamed{UID: t.ID, Name: t.Name}
		} else if t.ID != "" {
			a.Tech = &ocsfNamed{UID: t.ID, Name: t.Name}
		}
		if t.Tactic != "" {
			a.Tactic = &ocsfNamed{UID: t.Tactic, Name: TacticName(t.Tactic).EN}
		}
		if a.Tech != nil || a.Tactic != nil {
			out = append(out, a)
		}
	}
	return out
}

// ocsf names the ends of the event. OCSF wants at least one; an event without
// addresses gives its fact instead.
func (e *Evidence) ocsf() ocsfEvidence {
	out := ocsfEvidence{UID: e.EventID, Src: ocsfEnd(e.SrcIP, e.SrcPort), Dst: ocsfEnd(e.DstIP, e.DstPort)}
	if out.Src == nil && out.Dst == nil {
		out.Data = map[string]string{"fact": e.Fact}
	}
	return out
}

func ocsfEnd(addr string, port int64) *ocsfEndpoint {
	if addr == "" {
		return nil
	}
	if _, err := netip.ParseAddr(addr); err != nil {
		return &ocsfEndpoint{Hostname: addr, Port: port}
	}
	return &ocsfEndpoint{IP: addr, Port: port}
}

// OCSFResources returns entities as OCSF's resource_details objects.
func OCSFResources(entities []Entity) []OCSFResource {
	out := make([]OCSFResource, 0, len(entities))
	for _, e := range entities {
		r := OCSFResource{Name: e.Value, Type: e.Kind}
		switch e.Role {
		case Target:
			r.RoleID, r.Role = 1, "Target"
		case Actor:
			r.RoleID, r.Role = 2, "Actor"
		default:
			r.RoleID, r.Role = 4, "Related"
		}
		switch id, _ := observableType(e); id {
		case observableIP:
			r.IP = e.Value
		case observableHostname:
			r.Hostname = e.Value
		}
		out = append(out, r)
	}
	return out
}

// OCSFObservables returns entities as OCSF's observable objects, each value
// once. They point at the resources that OCSFResources makes.
func OCSFObservables(entities []Entity) []OCSFObservable {
	type value struct {
		id   int
		text string
	}
	seen := map[value]bool{}
	out := make([]OCSFObservable, 0, len(entities))
	for _, e := range entities {
		id, caption := observableType(e)
		if v := (value{id, e.Value}); !seen[v] {
			seen[v] = true
			out = append(out, OCSFObservable{Name: "resources[].name", TypeID: id, Type: caption, Value: e.Value})
		}
	}
	return out
}

// OCSF's observable type_id, and what no type fits.
const (
	observableHostname = 1
	observableIP       = 2
	observableMAC      = 3
	observableUser     = 4
	observableURL      = 6
	observableOther    = 99
)

func observableType(e Entity) (id int, caption string) {
	switch e.Kind {
	case "ip":
		if _, err := netip.ParseAddr(e.Value); err == nil {
			return observableIP, "IP Address"
		}
		return observableOther, e.Kind
	case "host", "domain":
		return observableHostname, "Hostname"
	case "user":
		return observableUser, "User Name"
	case "mac":
		if hw, err := net.ParseMAC(e.Value); err == nil && len(hw) == 6 && !strings.Contains(e.Value, ".") {
			return observableMAC, "MAC Address"
		}
		return observableOther, e.Kind
	case "url":
		return observableURL, "URL String"
	}
	return observableOther, e.Kind
}

// NewOCSFMetadata returns the metadata of a finding or incident.
func NewOCSFMetadata(id, tenant, recording string, lang text.Lang, profiles ...string) OCSFMetadata {
	return OCSFMetadata{
		Version: event.SchemaVersion, UID: id, Profiles: profiles,
		Product: ocsfProduct{Name: event.Product, Vendor: event.Product, Language: lang},
		LogName: recording, Tenant: tenant,
	}
}

// OCSFConfidence returns OCSF's confidence_id of a score from 1 to 100, and
// its caption.
func OCSFConfidence(score int) (id int, caption string) {
	switch {
	case score >= 75:
		return 3, "High"
	case score >= 40:
		return 2, "Medium"
	case score > 0:
		return 1, "Low"
	}
	return 0, "Unknown"
}

// TacticName returns the name of an ATT&CK tactic, in Korean as Korean
// practice says it, or its id if it is not known.
func TacticName(id string) text.Message {
	if m, ok := tactics[id]; ok {
		return m
	}
	return text.Message{EN: id, KO: id}
}

// tactics are those of ATT&CK for Enterprise and for ICS
// (https://attack.mitre.org/tactics/).
var tactics = map[string]text.Message{
	"TA0043": {EN: "Reconnaissance", KO: "정찰"},
	"TA0042": {EN: "Resource Development", KO: "공격 준비"},
	"TA0001": {EN: "Initial Access", KO: "최초 침투"},
	"TA0002": {EN: "Execution", KO: "실행"},
	"TA0003": {EN: "Persistence", KO: "지속성 확보"},
	"TA0004": {EN: "Privilege Escalation", KO: "권한 상승"},
	"TA0005": {EN: "Defense Evasion", KO: "방어 회피"},
	"TA0006": {EN: "Credential Access", KO: "계정 정보 탈취"},
	"TA0007": {EN: "Discovery", KO: "내부 탐색"},
	"TA0008": {EN: "Lateral Movement", KO: "내부 확산"},
	"TA0009": {EN: "Collection", KO: "정보 수집"},
	"TA0011": {EN: "Command and Control", KO: "명령제어"},
	"TA0010": {EN: "Exfiltration", KO: "정보 유출"},
	"TA0040": {EN: "Impact", KO: "피해 유발"},
	"TA0104": {EN: "Execution (ICS)", KO: "실행(제어 시스템)"},
	"TA0105": {EN: "Impact (ICS)", KO: "피해 유발(제어 시스템)"},
	"TA0106": {EN: "Impair Process Control", KO: "공정 제어 방해"},
	"TA0107": {EN: "Inhibit Response Function", KO: "대응 기능 무력화"},
	"TA0108": {EN: "Initial Access (ICS)", KO: "최초 침투(제어 시스템)"},
}
