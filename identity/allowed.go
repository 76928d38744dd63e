package identity

import (
	"context"
	"slices"
)

// A Role says what an account may do.
type Role string

// Administrator may do everything.
const Administrator Role = "administrator"

// An Action is something that a face offers: noun.verb.
type Action string

// The actions. Console and API ask for the same ones.
const (
	ReadEvents         Action = "event.read"
	SendEvents         Action = "event.send" // ingest
	ReadFindings       Action = "finding.read"
	ReadIncidents      Action = "incident.read"
	ChangeIncidents    Action = "incident.change"
	ReadSuppressions   Action = "suppression.read"
	ChangeSuppressions Action = "suppression.change"
	ReadAssets         Action = "asset.read"
	ChangeAssets       Action = "asset.change"
	RunHunts           Action = "hunt.run"
	ChangeHunts        Action = "hunt.change" // save, rename, remove
	ReadUploads        Action = "upload.read"
	AddUploads         Action = "upload.add"
	ChangeUploads      Action = "upload.change" // cancel, remove
	ReadAudit          Action = "audit.read"
	ReadAccounts       Action = "account.read"
	ChangeAccounts     Action = "account.change"
	ChangeOwn          Action = "own.change" // one's own password, sessions and tokens
	ReadStatus         Action = "status.read"
	ReadSettings       Action = "settings.read"
	ChangeSettings     Action = "settings.change" // reload
	MakeBackups        Action = "backup.make"
)

// allowed is the one table of who may do what. What is not in it nobody may.
// A token may do what its account may, or less where it has scopes; where
// tokens is false no token may, so that a leaked one cannot make others.
var allowed = []struct {
	action Action
	roles  []Role
	tokens bool
}{
	{ReadEvents, []Role{Administrator}, true},
	{SendEvents, []Role{Administrator}, true},
	{ReadFindings, []Role{Administrator}, true},
	{ReadIncidents, []Role{Administrator}, true},
	{ChangeIncidents, []Role{Administrator}, true},
	{ReadSuppressions, []Role{Administrator}, true},
	{ChangeSuppressions, []Role{Administrator}, true},
	{ReadAssets, []Role{Administrator}, true},
	{ChangeAssets, []Role{Administrator}, true},
	{RunHunts, []Role{Administrator}, true},
	{ChangeHunts, []Role{Administrator}, true},
	{ReadUploads, []Role{Administrator}, true},
	{AddUploads, []Role{Administrator}, true},
	{ChangeUploads, []Role{Administrator}, true},
	{ReadAudit, []Role{Administrator}, true},
	{ReadAccounts, []Role{Administrator}, true},
	{ChangeAccounts, []Role{Administrator}, false},
	{ChangeOwn, []Role{Administrator}, false},
	{ReadStatus, []Role{Administrator}, true},
	{ReadSettings, []Role{Administrator}, true},
	{ChangeSettings, []Role{Administrator}, true},
	{MakeBackups, []Role{Administrator}, true},
}

// Actions lists every action, in the order of the table.
func Actions() []Action {
	out := make([]Action, len(allowed))
	for i, row := range allowed {
		out[i] = row.action
	}
	return out
}

// Allowed says whether who may do an action. Nobody may do one that is not in
// the table.
func Allowed(who Who, action Action) bool {
	for _, row := range allowed {
		if row.action != action {
			continue
		}
		if who.Token != "" && (!row.tokens || len(who.Scopes) > 0 && !slices.Contains(who.Scopes, action)) {
			return false
		}
		return slices.Contains(row.roles, who.Role)
	}
	return false
}

// Require returns nil if who acts in ctx may do the action, ErrCredentials if
// nobody was recognised, ErrNotAllowed otherwise.
func Require(ctx context.Context, action Action) error {
	who := Of(ctx)
	switch {
	case who.Account == "":
		return ErrCredentials
	case !Allowed(who, action):
		return ErrNotAllowed
	}
	return nil
}

// forTokens says whether a token may ever do an action.
func forTokens(action Action) bool {
	for _, row := range allowed {
		if row.action == action {
			return row.tokens
		}
	}
	return false
}
