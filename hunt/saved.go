package hunt

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/bongsu/bongsu/audit"
)

// A Saved is a hunt that is kept to be asked again. Its text is kept as it was
// typed, so that "last 24h" counts from whenever it is run.
type Saved struct {
	ID          string // hnt_…
	Tenant      string
	Name        string // unique within the tenant
	Description string
	Text        string
	Owner       string // id of who made it
	Created     time.Time
	Updated     time.Time
	Version     int64 // 1 is the first; one more with each change
}

// A Store keeps saved hunts.
type Store interface {
	// Hunts returns a page by name and the cursor of the next, "" after the last.
	Hunts(ctx context.Context, tenant, cursor string, limit int) (page []Saved, next string, err error)
	// Hunt returns one; ErrNotFound if there is none.
	Hunt(ctx context.Context, tenant, id string) (Saved, error)
	// AddHunt keeps a new one; ErrNameTaken if another has its name.
	AddHunt(ctx context.Context, saved Saved) error
	// ChangeHunt keeps name, description, text, version and time of change of the
	// one with the version before; ErrChanged if it has another, ErrNotFound,
	// ErrNameTaken.
	ChangeHunt(ctx context.Context, saved Saved) error
	// RemoveHunt removes one; ErrNotFound if there is none.
	RemoveHunt(ctx context.Context, tenant, id string) error
}

var (
	// ErrNotFound says that no hunt with that id is kept.
	ErrNotFound = errors.New("no such saved hunt")
	// ErrNameTaken says that another hunt has that name.
	ErrNameTaken = errors.New("another saved hunt has this name")
	// ErrChanged says that somebody else has changed the hunt since it was read.
	ErrChanged = errors.New("the saved hunt was changed by somebody else; read it again")
	// ErrName says that a name or a description cannot be kept.
	ErrName = errors.New("name of a saved hunt")
)

// Bounds of saved hunts.
const (
	maxName        = 100  // letters
	maxDescription = 2000 // letters
)

// List returns a page of the saved hunts of a tenant by name, and the cursor of
// the next page, "" after the last. n 0 is the usual number.
func (s *Service) List(ctx context.Context, tenant, cursor string, n int) (page []Saved, next string, err error) {
	return s.config.Store.Hunts(ctx, tenant, cursor, n)
}

// Get returns a saved hunt, or ErrNotFound.
func (s *Service) Get(ctx context.Context, tenant, id string) (Saved, error) {
	return s.config.Store.Hunt(ctx, tenant, id)
}

// Save keeps a hunt: a new one where the id is empty, otherwise name,
// description and text of the one with that id and version. It returns what is
// kept. The text must be readable; the error is then an *Error. Who does it is
// taken from the context and written to the audit log.
func (s *Service) Save(ctx context.Context, saved Saved) (Saved, error) {
	saved.Name, saved.Description = strings.TrimSpace(saved.Name), strings.TrimSpace(saved.Description)
	if err := checkName(saved); err != nil {
		return Saved{}, err
	}
	now := s.config.Clock().UTC()
	if _, err := Parse(saved.Text, Options{Now: now}); err != nil {
		return Saved{}, err
	}
	saved.Updated = now
	isNew := saved.ID == ""
	if isNew {
		saved.ID = "hnt_" + strings.ToLower(rand.Text()[:20])
		saved.Created, saved.Version = now, 1
		saved.Owner = audit.ActorOf(ctx).ID
	}
	err := s.config.Transactor.Atomically(ctx, func(ctx context.Context) error {
		if isNew {
			if err := s.config.Store.AddHunt(ctx, saved); err != nil {
				return err
			}
			return s.record(ctx, "hunt.add", saved.ID, change{Name: saved.Name, Text: saved.Text})
		}
		before, err := s.config.Store.Hunt(ctx, saved.Tenant, saved.ID)
		if err != nil {
			return err
		}
		if before.Version != saved.Version {
			return fmt.Errorf("%w: version %d is now %d", ErrChanged, saved.Version, before.Version)
		}
		after := before
		after.Name, after.Description, after.Text = saved.Name, saved.Description, saved.Text
		after.Updated, after.Version = now, before.Version+1
		if err := s.config.Store.ChangeHunt(ctx, after); err != nil {
			return err
		}
		if err := s.record(ctx, "hunt.change", after.ID, change{Name: after.Name, Text: after.Text, WasName: before.Name, WasText: before.Text}); err != nil {
			return err
		}
		saved = after
		return nil
	})
	if err != nil {
		return Saved{}, fmt.Errorf("save hunt %q: %w", saved.Name, err)
	}
	return saved, nil
}

// Delete removes a saved hunt, or returns ErrNotFound. The audit log keeps its
// text.
func (s *Service) Delete(ctx context.Context, tenant, id string) error {
	err := s.config.Transactor.Atomically(ctx, func(ctx context.Context) error {
		before, err := s.config.Store.Hunt(ctx, tenant, id)
		if err != nil {
			return err
		}
		if err := s.config.Store.RemoveHunt(ctx, tenant, id); err != nil {
			return err
		}
		return s.record(ctx, "hunt.delete", id, change{WasName: before.Name, WasText: before.Text})
	})
	if err != nil {
		return fmt.Errorf("delete hunt %s: %w", id, err)
	}
	return nil
}

// A change is what the audit log says of one.
type change struct {
	Name    string `json:"name,omitempty"`
	Text    string `json:"text,omitempty"`
	WasName string `json:"was_name,omitempty"`
	WasText string `json:"was_text,omitempty"`
}

func (s *Service) record(ctx context.Context, action, id string, c change) error {
	detail, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("encode audit entry: %w", err)
	}
	return s.config.Audit.Record(ctx, audit.Entry{Action: action, Object: id, Detail: detail})
}

func checkName(s Saved) error {
	switch {
	case s.Name == "":
		return fmt.Errorf("%w: it is empty", ErrName)
	case utf8.RuneCountInString(s.Name) > maxName:
		return fmt.Errorf("%w: longer than %d letters", ErrName, maxName)
	case utf8.RuneCountInString(s.Description) > maxDescription:
		return fmt.Errorf("%w: the description is longer than %d letters", ErrName, maxDescription)
	case !utf8.ValidString(s.Name) || !utf8.ValidString(s.Description):
		return fmt.Errorf("%w: it is not UTF-8", ErrName)
	}
	if strings.ContainsFunc(s.Name, unicode.IsControl) {
		return fmt.Errorf("%w: %q has a control character", ErrName, s.Name)
	}
	return nil
}
