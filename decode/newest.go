package decode

// MaxNewest bounds how many keys a Newest remembers.
const MaxNewest = 4096

// Newest remembers a value for each of the keys that came last, such as the
// connections of a log. The zero Newest is ready.
type Newest[V any] struct {
	of   map[string]V
	ring []string
	next int
}

// Get returns the value of a key, the zero value of one that is not
// remembered.
func (n *Newest[V]) Get(key string) V { return n.of[key] }

// Set remembers a value of a key. Where there are too many, the key that came
// first is forgotten. The empty key names nothing and is left out.
func (n *Newest[V]) Set(key string, v V) {
	if key == "" {
		return
	}
	if n.of == nil {
		n.of = make(map[string]V)
	}
	if _, known := n.of[key]; !known {
		if len(n.ring) < MaxNewest {
			n.ring = append(n.ring, key)
		} else {
			delete(n.of, n.ring[n.next])
			n.ring[n.next] = key
			n.next = (n.next + 1) % MaxNewest
		}
	}
	n.of[key] = v
}
