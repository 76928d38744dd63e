package incident

import (
	"context"
	"time"

	"github.com/bongsu/bongsu/audit"
	"github.com/bongsu/bongsu/detect"
	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/suppress"
)

// Transactor runs what belongs together in one transaction: every store that
// is called with the context that do is given takes part. Do may run more than
// once.
type Transactor interface {
	Atomically(ctx context.Context, do func(ctx context.Context) error) error
}

// Auditor writes what people do to the audit log, in the transaction of ctx.
type Auditor interface {
	Record(ctx context.Context, e audit.Entry) error
}

// FindingStore keeps findings. What it returns has its Handling filled in from
// the finding's incident and suppression.
type FindingStore interface {
	// PutFindings stores findings in their latest state, with IncidentID and
	// SuppressedBy, and makes them unsettled.
	PutFindings(ctx context.Context, findings []detect.Finding) error
	// AssignFindings changes what became of findings, not what they say.
	AssignFindings(ctx context.Context, assignments []Assignment) error
	// FindingsByID returns those of ids that there are, in any order.
	FindingsByID(ctx context.Context, ids []string) ([]detect.Finding, error)
	// UnsettledFindings calls each for every unsettled finding of a recording,
	// "" for live ones. Each must not call a store.
	UnsettledFindings(ctx context.Context, recording string, each func(detect.Finding) error) error
	// ListFindings returns a page and the cursor of the next, "" at the end.
	ListFindings(ctx context.Context, filter FindingFilter, page Page) ([]detect.Finding, string, error)
	// CountFindings counts by severity.
	CountFindings(ctx context.Context, filter FindingFilter) (map[event.Severity]int, error)
	// WithdrawFindings removes those of a recording.
	WithdrawFindings(ctx context.Context, recording string) error
}

// An Assignment is what became of one finding.
type Assignment struct {
	FindingID    string
	IncidentID   string
	SuppressedBy string
	// Settled says that nothing new will be linked to it.
	Settled bool
}

// IncidentStore keeps incidents with their history and notes. What it returns
// has no Findings; Life.Findings counts them.
type IncidentStore interface {
	// SaveIncidents stores incidents as they are, and adds steps and notes.
	SaveIncidents(ctx context.Context, write Write) error
	// IncidentsByID returns those of ids that there are, in any order.
	IncidentsByID(ctx context.Context, ids []string) ([]Incident, error)
	ListIncidents(ctx context.Context, filter Filter, page Page) ([]Incident, string, error)
	CountIncidents(ctx context.Context, filter Filter) ([]Count, error)
	// History returns the latest MaxSteps steps, in their order.
	History(ctx context.Context, id string) ([]Step, error)
	Notes(ctx context.Context, id string) ([]Note, error)
	// WithdrawIncidents removes those of a recording and returns their ids.
	WithdrawIncidents(ctx context.Context, recording string) ([]string, error)
}

// Write is what is stored of incidents at once.
type Write struct {
	Incidents []Incident
	Steps     []Step // numbered by the store
	Notes     []Note
	// NotesTo moves the notes of one incident (the key) to another.
	NotesTo map[string]string
}

type (
	// Suppression is what package suppress calls so; it and what follows stand
	// here under the names that the Desk's callers use.
	Suppression = suppress.Suppression
	// Scope says which findings are meant.
	Scope = suppress.Scope
	// Match is one entity that must take part.
	Match = suppress.Match
)

// SuppressionStore keeps suppressions.
type SuppressionStore interface {
	PutSuppression(ctx context.Context, s Suppression) error
	SuppressionByID(ctx context.Context, id string) (Suppression, error) // ErrNotFound
	// ListSuppressions returns those that have not ended, or all, the latest
	// first.
	ListSuppressions(ctx context.Context, ended bool, page Page) ([]Suppression, string, error)
	// UseSuppressions adds to the counters.
	UseSuppressions(ctx context.Context, uses map[string]int64, at time.Time) error
}

// A Page asks for part of a list.
type Page struct {
	Cursor string // "" is the first page
	Limit  int    // 0 is the store's own
}

// Order is how incidents are listed.
type Order string

// Orders.
const (
	ByRank Order = "rank" // what to look at first; the usual one
	ByTime Order = "time" // the latest first
)

// A Filter says which incidents are meant: those for which everything that it
// gives holds.
type Filter struct {
	States      []State // none: all
	Resolutions []Resolution
	MinSeverity event.Severity
	Owner       string    // a name; Nobody for those without
	Text        string    // in title, account or an entity, without regard to case
	EntityKind  string    // with EntityValue
	EntityValue string    // exactly
	From, To    time.Time // that overlap this span
	Recording   *string   // nil: all; "" live; with a slash at its end all whose name begins so: "upl_1/"
	Tenant      string
	Merged      bool // also those that are part of another
	Order       Order
}

// Nobody is the owner to ask for incidents that nobody owns.
const Nobody = "-"

// A FindingFilter says which findings are meant: those for which everything
// that it gives holds. They are listed by time, the latest first.
type FindingFilter struct {
	IncidentID   string
	SuppressedBy string  // sup_…
	Suppressed   *bool   // nil: both
	States       []State // of their incidents
	MinSeverity  event.Severity
	Detector     string
	Rule         string // "scan/vertical"
	Text         string // in title or an entity, without regard to case
	EntityKind   string
	EntityValue  string
	From, To     time.Time
	Recording    *string // as Filter has it
	Recorded     bool    // of any recording
	Tenant       string
	OldestFirst  bool
}

// A Count is how many incidents there are of one state and severity.
type Count struct {
	State    State
	Severity event.Severity
	N        int
}
