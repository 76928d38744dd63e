package incident

import (
	"github.com/bongsu/bongsu/detect"
	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/text"
)

// ocsfIncident is an Incident Finding (2005) of OCSF's category Findings.
type ocsfIncident struct {
	ClassUID     int                     `json:"class_uid"`
	ClassName    string                  `json:"class_name"`
	CategoryUID  int                     `json:"category_uid"`
	CategoryName string                  `json:"category_name"`
	ActivityID   int                     `json:"activity_id"`
	ActivityName string                  `json:"activity_name"`
	TypeUID      int                     `json:"type_uid"`
	TypeName     string                  `json:"type_name"`
	SeverityID   event.Severity          `json:"severity_id"`
	Severity     string                  `json:"severity"`
	Time         int64                   `json:"time"`
	StartTime    int64                   `json:"start_time"`
	EndTime      int64                   `json:"end_time"`
	Count        int                     `json:"count"`
	Message      string                  `json:"message"`
	Desc         string                  `json:"desc"`
	StatusID     int                     `json:"status_id"`
	Status       string                  `json:"status"`
	Assignees    ocsfGroup               `json:"assignee_group"`
	PriorityID   int                     `json:"priority_id"`
	Priority     string                  `json:"priority"`
	ImpactID     int                     `json:"impact_id"`
	Impact       string                  `json:"impact"`
	ImpactScore  int                     `json:"impact_score"`
	VerdictID    int                     `json:"verdict_id"`
	Verdict      string                  `json:"verdict"`
	ConfidenceID int                     `json:"confidence_id"`
	Confidence   string                  `json:"confidence"`
	Score        int                     `json:"confidence_score"`
	Attacks      []detect.OCSFAttack     `json:"attacks,omitempty"`
	Findings     []detect.OCSFInfo       `json:"finding_info_list"`
	Observables  []detect.OCSFObservable `json:"observables,omitempty"`
	Metadata     detect.OCSFMetadata     `json:"metadata"`
	Unmapped     ocsfUnmapped            `json:"unmapped"`
}

type ocsfGroup struct {
	Name string `json:"name"`
}

// ocsfUnmapped is what OCSF has no place for.
type ocsfUnmapped struct {
	Recording string       `json:"recording,omitempty"`
	Rank      int          `json:"rank"`
	Entities  []ocsfEntity `json:"entities"`
	Timeline  []ocsfMoment `json:"timeline"`
	EN        ocsfWords    `json:"en"`
	KO        ocsfWords    `json:"ko"`
}

type ocsfEntity struct {
	Kind  string      `json:"kind"`
	Value string      `json:"value"`
	Role  detect.Role `json:"role"`
}

type ocsfMoment struct {
	Time    int64     `json:"time"`
	Finding string    `json:"finding"`
	What    text.Said `json:"what"`
}

type ocsfWords struct {
	Title   string `json:"title"`
	Account string `json:"account"`
	Why     string `json:"why"`
	Now     string `json:"now"`
}

// MaxListed bounds the findings that an incident lists in OCSF's form; its
// count says how many there are, and each is a Detection Finding of its own.
const MaxListed = 256

// unassigned is the group that an incident waits in: OCSF wants an assignee or
// a group, and nobody has taken it yet.
const unassigned = "unassigned"

// AppendOCSF appends the incident as one OCSF object of class Incident Finding
// (2005), without a line end. Lang is the language of the members that OCSF
// has for people; both languages stand in unmapped, as do rank, timeline and
// recording. Equal incidents give equal bytes.
func (in *Incident) AppendOCSF(dst []byte, lang text.Lang) []byte {
	confidence := 0
	for i := range in.Findings {
		confidence = max(confidence, in.Findings[i].Confidence)
	}
	confidenceID, confidenceName := detect.OCSFConfidence(confidence)
	level, caption := levelOf(in.Severity)
	o := ocsfIncident{
		ClassUID: 2005, ClassName: "Incident Finding",
		CategoryUID: 2, CategoryName: "Findings",
		ActivityID: 1, ActivityName: "Create",
		TypeUID: 200501, TypeName: "Incident Finding: Create",
		SeverityID: in.Severity, Severity: in.Severity.String(),
		// An incident of a recording is opened when its last event is read.
		Time: in.Last.UnixMilli(), StartTime: in.First.UnixMilli(), EndTime: in.Last.UnixMilli(),
		Count:   len(in.Findings),
		Message: in.Title.In(lang), Desc: in.Account.In(lang),
		StatusID: 1, Status: "New",
		Assignees:  ocsfGroup{Name: unassigned},
		PriorityID: level, Priority: caption,
		ImpactID: level, Impact: caption, ImpactScore: in.Rank,
		VerdictID: 4, Verdict: "Suspicious", // nobody has judged it yet
		ConfidenceID: confidenceID, Confidence: confidenceName, Score: confidence,
		Attacks:     detect.OCSFAttacks(in.Techniques),
		Observables: detect.OCSFObservables(in.Entities),
		Metadata:    detect.NewOCSFMetadata(in.ID, in.Tenant, in.Recording, lang, "incident"),
		Unmapped: ocsfUnmapped{
			Recording: in.Recording, Rank: in.Rank,
			Entities: make([]ocsfEntity, 0, len(in.Entities)),
			Timeline: make([]ocsfMoment, 0, len(in.Timeline)),
			EN:       in.words(text.English), KO: in.words(text.Korean),
		},
	}
	for i := range in.Findings[:min(len(in.Findings), MaxListed)] {
		info := in.Findings[i].OCSFInfo(lang)
		info.Related = nil // they stand in the finding itself
		o.Findings = append(o.Findings, info)
	}
	for i := range o.Observables {
		o.Observables[i].Name = "" // OCSF has no attribute here to point to
	}
	for _, e := range in.Entities {
		o.Unmapped.Entities = append(o.Unmapped.Entities, ocsfEntity(e))
	}
	for _, m := range in.Timeline {
		o.Unmapped.Timeline = append(o.Unmapped.Timeline, ocsfMoment{m.Time.UnixMilli(), m.FindingID, m.What})
	}
	return detect.AppendOCSF(dst, &o)
}

// levelOf maps a severity to OCSF's levels of priority and impact.
func levelOf(s event.Severity) (id int, caption string) {
	switch {
	case s >= event.SeverityCritical:
		return 4, "Critical"
	case s == event.SeverityHigh:
		return 3, "High"
	case s == event.SeverityMedium:
		return 2, "Medium"
	case s >= event.SeverityInformational:
		return 1, "Low"
	}
	return 0, "Unknown"
}

func (in *Incident) words(lang text.Lang) ocsfWords {
	return ocsfWords{Title: in.Title.In(lang), Account: in.Account.In(lang), Why: in.Why.In(lang), Now: in.Now.In(lang)}
}
