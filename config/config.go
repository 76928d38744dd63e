// Package config reads bongsu.yaml into checked settings. An error names the
// file, the line, the key and what is allowed. It starts nothing; app does.
package config

import (
	"net/netip"
	"time"

	"github.com/bongsu/bongsu/segment"
	"github.com/bongsu/bongsu/text"
)

// Config is everything that can be set. The zero values are not the defaults;
// Default returns those. The tags name the keys; keys.go documents each.
type Config struct {
	Data         string                       `yaml:"data"`
	Listen       string                       `yaml:"listen"`
	TLS          TLS                          `yaml:"tls"`
	Language     text.Lang                    `yaml:"language"`
	Organisation string                       `yaml:"organisation"`
	Segments     []Segment                    `yaml:"segments"`
	Sources      Sources                      `yaml:"sources"`
	Rules        []string                     `yaml:"rules"`
	Detectors    map[string]map[string]string `yaml:"detectors"`
	Retention    Retention                    `yaml:"retention"`
	Uploads      Uploads                      `yaml:"uploads"`
	Limits       Limits                       `yaml:"limits"`
	Log          Log                          `yaml:"log"`
}

// TLS is the certificate of the listener; both or none.
type TLS struct {
	Certificate string `yaml:"certificate"`
	Key         string `yaml:"key"`
}

// Segment is a part of the network.
type Segment struct {
	Name     string         `yaml:"name"`
	Purpose  string         `yaml:"purpose"`
	Grade    segment.Grade  `yaml:"grade"`
	Prefixes []netip.Prefix `yaml:"prefixes"`
}

// Sources are what records and packets come from.
type Sources struct {
	Syslog  Syslog  `yaml:"syslog"`
	Host    Host    `yaml:"host"`
	Tail    []Tail  `yaml:"tail"`
	Capture Capture `yaml:"capture"`
}

// Syslog receives RFC 5424 and RFC 3164 messages. An empty address is off.
type Syslog struct {
	UDP string `yaml:"udp"`
	TCP string `yaml:"tcp"`
}

// Host reads the logons of the machine that Bongsu runs on.
type Host struct {
	Enabled bool `yaml:"enabled"`
}

// Tail follows log files.
type Tail struct {
	Path string `yaml:"path"` // may hold * and ?
}

// Capture follows packets.
type Capture struct {
	Enabled    bool     `yaml:"enabled"`
	Interfaces []string `yaml:"interfaces"` // none: the one of the default route
	Ring       Size     `yaml:"ring"`
}

// Retention is how long events stay. Whichever is reached first counts.
type Retention struct {
	Age  Age  `yaml:"age"`
	Size Size `yaml:"size"`
}

// Uploads bounds what is handed in through the API.
type Uploads struct {
	Size Size `yaml:"size"` // of one file
	Keep Age  `yaml:"keep"` // of the file itself once it was read; its events stay
}

// Limits bound what Bongsu takes of the machine.
type Limits struct {
	Memory      Size          `yaml:"memory"`
	QueryMemory Size          `yaml:"query_memory"`
	QueryTime   time.Duration `yaml:"query_time"`
	Reserve     Size          `yaml:"reserve"` // of the disk, left free
}

// Log is what Bongsu says about itself.
type Log struct {
	Level  string `yaml:"level"`
	Format string `yaml:"format"`
}

// Size is a number of bytes, written as 512MiB or 20GB.
type Size int64

// Age is a time span in days or less, written as 90d, 12h or 30m.
type Age time.Duration

// Default returns the settings of an installation that has no file.
func Default() Config {
	return Config{
		Data:         "bongsu-data",
		Listen:       "127.0.0.1:8470",
		Organisation: "org_default",
		Sources: Sources{
			Syslog:  Syslog{UDP: "127.0.0.1:5514", TCP: "127.0.0.1:5514"},
			Host:    Host{Enabled: true},
			Capture: Capture{Enabled: true, Ring: 8 << 20},
		},
		Retention: Retention{Age: Age(90 * 24 * time.Hour), Size: 20 << 30},
		Uploads:   Uploads{Size: 4 << 30, Keep: Age(7 * 24 * time.Hour)},
		Limits:    Limits{Memory: 1 << 30, QueryMemory: 256 << 20, QueryTime: 30 * time.Second, Reserve: 256 << 20},
		Log:       Log{Level: "info", Format: "text"},
	}
}
