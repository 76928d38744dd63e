package config

// A Key documents one key of bongsu.yaml. A test sees to it that every key has
// one and that each example can be read; docs/config.md is made of them.
type Key struct {
	Path    string // as --set takes it
	Doc     string
	Example string // YAML, the value as it stands behind the key
}

// Keys returns every key in the order of the file.
func Keys() []Key {
	return []Key{
		{"data", "Folder that holds everything Bongsu keeps. One process at a time; it takes a lock.", "/var/lib/bongsu"},
		{"listen", "Address of the console and the API. Only this machine can reach it unless another address is given.", "0.0.0.0:8470"},
		{"tls.certificate", "PEM file with the certificate of the listener, its chain behind it. Give it with tls.key before you listen on more than loopback.", "/etc/bongsu/tls.crt"},
		{"tls.key", "PEM file with the key of the certificate.", "/etc/bongsu/tls.key"},
		{"language", "Language of what has only one: ko or en. Without it the locale decides.", "ko"},
		{"organisation", "Id of the organisation that events belong to when nothing else says so.", "org_default"},
		{"segments", "Parts of the network. The longest prefix decides; what no segment holds is external. Without any, private address space is one segment, internal.", ""},
		{"segments.name", "Name of the segment, as it stands in events (zone).", "office"},
		{"segments.purpose", "What the segment is for, for people.", "desks and meeting rooms"},
		{"segments.grade", "Grade of the data that it may hold: C (classified), S (sensitive) or O (open).", "S"},
		{"segments.prefixes", "Addresses of the segment.", "[192.168.10.0/24, 2001:db8:10::/64]"},
		{"sources.syslog.udp", "Address to receive syslog on by UDP; \"\" is off. Port 514 needs root or CAP_NET_BIND_SERVICE.", "0.0.0.0:5514"},
		{"sources.syslog.tcp", "Address to receive syslog on by TCP, newline or octet-counted frames; \"\" is off.", "0.0.0.0:5514"},
		{"sources.host.enabled", "Read the logons of this machine: its auth log where it may be read, else its journal.", "true"},
		{"sources.tail", "Log files to follow, across rotation.", ""},
		{"sources.tail.path", "A file, or several with * and ?. The format is recognised by content.", "/var/log/nginx/access*.log"},
		{"sources.capture.enabled", "Follow packets. Needs root or CAP_NET_RAW; without it the log says how to give it, and the rest runs.", "true"},
		{"sources.capture.interfaces", "Interfaces to listen on. None is the one of the default route; any is all.", "[eth0, eth1]"},
		{"sources.capture.ring", "Memory for packets that wait, for each interface.", "32MiB"},
		{"rules", "Files and folders of Sigma rules.", "[/etc/bongsu/rules]"},
		{"detectors", "Settings of detectors by their name, as docs of the detector list them.", "{guess: {failures: 15}}"},
		{"retention.age", "How long events stay.", "90d"},
		{"retention.size", "How much room the events of one organisation may take; the oldest go first.", "20GiB"},
		{"uploads.size", "How large an uploaded file may be.", "4GiB"},
		{"uploads.keep", "How long an uploaded file stays after it was read. Its events, findings and incidents stay as long as others.", "7d"},
		{"limits.memory", "Memory that Bongsu tries to stay within, queries apart. Near it, it spends more time on freeing what it no longer needs; a small office needs a fifth of the usual 1GiB.", "2GiB"},
		{"limits.query_memory", "Memory that queries may take together.", "256MiB"},
		{"limits.query_time", "How long one query may take.", "30s"},
		{"limits.reserve", "Room on the disk that stays free. When less is left, sources wait and nothing is lost.", "256MiB"},
		{"log.level", "What Bongsu says about itself: debug, info, warn or error.", "info"},
		{"log.format", "text for people, json for programs.", "json"},
	}
}
