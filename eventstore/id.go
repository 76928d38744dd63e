package eventstore

import "github.com/bongsu/bongsu/event"

// OriginOf returns the origin that the id of a stored event tells: of an event
// with this origin, ID gives the same id again.
func OriginOf(id string) (event.Origin, bool) { return parseID(id) }
