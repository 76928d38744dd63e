package http

// otherID is OCSF's number for what its list does not name.
const otherID = 99

// activity returns OCSF's activity_id of a method, and its caption.
func activity(method []byte) (id int, caption string) {
	for i := range methods {
		if methods[i].name == string(method) {
			return i + 1, methods[i].caption
		}
	}
	return otherID, string(method)
}
