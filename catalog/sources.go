package catalog

import (
	"github.com/bongsu/bongsu/source"
	"github.com/bongsu/bongsu/source/journal"
	"github.com/bongsu/bongsu/source/syslog"
	"github.com/bongsu/bongsu/source/tail"
)

// Sources returns the live sources. Of those that can read this machine's own
// log, the first that may is used.
func Sources() []source.Kind {
	return []source.Kind{
		syslog.Kind(),
		tail.Kind(),
		journal.Kind(),
	}
}
