package dissect

import "github.com/bongsu/bongsu/event"

// Login returns an Authentication event of this flow: one attempt of a user to
// log on to the flow's service. An empty user stands as "-", since OCSF demands
// a name. Outcome is event.Success, event.Failure, or 0 where it was not seen.
// Whoever calls it adds what else the protocol told, and never a password.
func (f *Flow) Login(user string, outcome int) *event.Event {
	e := f.Event(event.Authentication)
	e.SetActivity(event.Logon)
	if outcome != 0 {
		e.SetStatus(outcome)
	}
	if user == "" {
		user = "-"
	}
	e.SetStr(event.UserName, user)
	e.SetText(event.ServiceName, f.service)
	e.SetBool(event.IsRemote, true)
	return e
}
