package config

import (
	"cmp"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"

	"github.com/bongsu/bongsu/segment"
	"github.com/bongsu/bongsu/text"
)

// check holds the settings against what a single value cannot tell.
func (c *Config) check(path string) error {
	place := cmp.Or(path, "settings")
	bad := func(key, format string, args ...any) error {
		return fmt.Errorf("%s: %s: %w", place, key, fmt.Errorf(format, args...))
	}
	if c.Data == "" {
		return bad("data", "is empty; name a folder, such as %s", example("data"))
	}
	if c.Organisation == "" {
		return bad("organisation", "is empty; give it an id, such as org_default")
	}
	for _, a := range []struct {
		key, address string
		off          bool
	}{
		{"listen", c.Listen, false},
		{"sources.syslog.udp", c.Sources.Syslog.UDP, true},
		{"sources.syslog.tcp", c.Sources.Syslog.TCP, true},
	} {
		if a.off && a.address == "" {
			continue
		}
		if err := checkAddress(a.address); err != nil {
			return bad(a.key, "%w", err)
		}
	}
	if (c.TLS.Certificate == "") != (c.TLS.Key == "") {
		return bad("tls", "certificate and key go together; give both or none")
	}
	if c.Language != "" && !slices.Contains(text.Langs(), c.Language) {
		return bad("language", "%q is not ko or en", c.Language)
	}
	if !slices.Contains([]string{"debug", "info", "warn", "error"}, c.Log.Level) {
		return bad("log.level", "%q is not debug, info, warn or error", c.Log.Level)
	}
	if !slices.Contains([]string{"text", "json"}, c.Log.Format) {
		return bad("log.format", "%q is not text or json", c.Log.Format)
	}
	for i, t := range c.Sources.Tail {
		if t.Path == "" {
			return bad("sources.tail", "entry %d has no path", i+1)
		}
	}
	return c.checkSegments(bad)
}

func (c *Config) checkSegments(bad func(key, format string, args ...any) error) error {
	names := map[string]bool{}
	owner := map[netip.Prefix]string{}
	for i, s := range c.Segments {
		switch {
		case s.Name == "":
			return bad("segments.name", "entry %d has no name", i+1)
		case names[s.Name]:
			return bad("segments.name", "%q stands twice", s.Name)
		case len(s.Prefixes) == 0 && s.Name != segment.External:
			return bad("segments.prefixes", "%s has none; say which addresses it holds, such as %s", s.Name, example("segments.prefixes"))
		case s.Grade != "" && !slices.Contains([]segment.Grade{segment.Classified, segment.Sensitive, segment.Open}, s.Grade):
			return bad("segments.grade", "%q of %s is not C, S or O", s.Grade, s.Name)
		}
		names[s.Name] = true
		for _, p := range s.Prefixes {
			if other, taken := owner[p]; taken {
				return bad("segments.prefixes", "%s is in both %s and %s", p, other, s.Name)
			}
			owner[p] = s.Name
		}
	}
	return nil
}

func checkAddress(address string) error {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("%q is not an address with a port such as 127.0.0.1:8470 or [::]:8470", address)
	}
	if host != "" && host != "localhost" {
		if _, err := netip.ParseAddr(host); err != nil {
			return fmt.Errorf("%q: %q is not an IP address; name the one to listen on, or 0.0.0.0 for all", address, host)
		}
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n > 65535 {
		return fmt.Errorf("%q: port %q is not a number from 0 to 65535", address, port)
	}
	return nil
}

// Map returns the segments as the rest of the program knows them: those that
// are configured, with everything else external; the defaults where none is.
func (c *Config) Map() []segment.Segment {
	if len(c.Segments) == 0 {
		return segment.Defaults()
	}
	out := make([]segment.Segment, 0, len(c.Segments)+1)
	for _, s := range c.Segments {
		out = append(out, segment.Segment{Name: s.Name, Purpose: s.Purpose, Grade: s.Grade, Prefixes: s.Prefixes})
	}
	return append(out, segment.Rest())
}
