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
	Assignee     *ocsfGroup              `json:"assignee,omitempty"`
	Assignees    *ocsfGroup              `json:"assignee_group,omitempty"`
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
	Recording  string       `json:"recording,omitempty"`
	Rank       int          `json:"rank"`
	State      State        `json:"state,omitempty"`
	Resolution Resolution   `json:"resolution,omitempty"`
	Merged     string       `json:"merged_into,omitempty"`
	Entities   []ocsfEntity `json:"entities"`
	Timeline   []ocsfMoment `json:"timeline"`
	EN         ocsfWords    `json:"en"`
	KO         ocsfWords    `json:"ko"`
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
// has for people; both languages stand in unmapped, as do rank, timeline,
// recording, state and resolution. Equal incidents give equal bytes.
func (in *Incident) AppendOCSF(dst []byte, lang text.Lang) []byte {
	confidence := 0
	for i := range in.Findings {
		confidence = max(confidence, in.Findings[i].Confidence)
	}
	confidenceID, confidenceName := detect.OCSFConfidence(confidence)
	level, caption := levelOf(in.Severity)
	activity, activityName := in.Life.ocsfActivity()
	status, statusName := in.Life.ocsfStatus()
	verdict, verdictName := in.Life.ocsfVerdict()
	o := ocsfIncident{
		ClassUID: 2005, ClassName: "Incident Finding",
		CategoryUID: 2, CategoryName: "Findings",
		ActivityID: activity, ActivityName: activityName,
		TypeUID: 200500 + activity, TypeName: "Incident Finding: " + activityName,
		SeverityID: in.Severity, Severity: in.Severity.String(),
		// An incident of a recording is opened when its last event is read.
		Time: in.Last.UnixMilli(), StartTime: in.First.UnixMilli(), EndTime: in.Last.UnixMilli(),
		Count:   max(len(in.Findings), in.Life.Findings),
		Message: in.Title.In(lang), Desc: in.Account.In(lang),
		StatusID: status, Status: statusName,
		PriorityID: level, Priority: caption,
		ImpactID: level, Impact: caption, ImpactScore: in.Rank,
		VerdictID: verdict, Verdict: verdictName,
		ConfidenceID: confidenceID, Confidence: confidenceName, Score: confidence,
		Attacks:     detect.OCSFAttacks(in.Techniques),
		Observables: detect.OCSFObservables(in.Entities),
		Metadata:    detect.NewOCSFMetadata(in.ID, in.Tenant, in.Recording, lang, "incident"),
		Unmapped: ocsfUnmapped{
			Recording: in.Recording, Rank: in.Rank,
			State: in.Life.told(), Resolution: in.Life.Resolution, Merged: in.Life.MergedInto,
			Entities: make([]ocsfEntity, 0, len(in.Entities)),
			Timeline: make([]ocsfMoment, 0, len(in.Timeline)),
			EN:       in.words(text.English), KO: in.words(text.Korean),
		},
	}
	if in.Life.Owner != "" {
		o.Assignee = &ocsfGroup{Name: in.Life.Owner}
	} else {
		o.Assignees = &ocsfGroup{Name: unassigned}
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

// told returns the state where somebody has set one: an incident that nobody
// has looked at reads as one that was only correlated.
func (l Life) told() State {
	if l.State == New {
		return ""
	}
	return l.State
}

// ocsfActivity says whether the incident is new, changed or closed.
func (l Life) ocsfActivity() (id int, caption string) {
	switch {
	case l.State == Closed || l.MergedInto != "":
		return 3, "Close"
	case l.Version > 1 || l.State == Open || l.State == Contained:
		return 2, "Update"
	}
	return 1, "Create"
}

func (l Life) ocsfStatus() (id int, caption string) {
	switch {
	case l.State == Closed || l.MergedInto != "":
		return 5, "Closed"
	case l.State == Open, l.State == Contained:
		return 2, "In Progress"
	}
	return 1, "New"
}

func (l Life) ocsfVerdict() (id int, caption string) {
	switch {
	case l.Resolution == Duplicate || l.MergedInto != "":
		return 10, "Duplicate"
	case l.Resolution == FalsePositive:
		return 1, "False Positive"
	case l.Resolution == TruePositive:
		return 2, "True Positive"
	case l.Resolution == Benign:
		return 5, "Benign"
	case l.Resolution == Hushed:
		return 3, "Disregard"
	}
	return 4, "Suspicious" // nobody has judged it yet
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
