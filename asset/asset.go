// Package asset keeps an inventory of the machines seen: their addresses,
// names, makers, services and roles, each with the event that showed it. It
// only listens; it asks no machine anything, and keeps none outside of the
// organisation's segments.
//
// An Inventory learns from events and answers questions. Which statements make
// two sightings one machine is told in docs/assets.md; what a person has
// decided is never undone by what is seen later. Judging what is new or odd is
// for detectors.
package asset

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"github.com/bongsu/bongsu/audit"
	"github.com/bongsu/bongsu/segment"
)

// Errors that a caller may branch on.
var (
	ErrNotFound = errors.New("no such asset")
	ErrInvalid  = errors.New("cannot be done to this asset")
)

// An Asset is what is known of one machine. Times are UTC; a Last is told to
// the minute.
type Asset struct {
	ID     string    `json:"id"` // ast_…
	Tenant string    `json:"tenant"`
	Key    string    `json:"key"` // by what it was first told apart: "mac …", "address …", "name …"
	First  time.Time `json:"first_seen"`
	Last   time.Time `json:"last_seen"`

	Interfaces  []Interface  `json:"interfaces,omitempty"`
	Addresses   []Address    `json:"addresses,omitempty"`
	Names       []Fact       `json:"names,omitempty"`
	Services    []Service    `json:"services,omitempty"`
	Roles       []Fact       `json:"roles,omitempty"`       // see the constants
	Systems     []Fact       `json:"systems,omitempty"`     // hints at the operating system
	Models      []Fact       `json:"models,omitempty"`      // hints at the product
	Identifiers []Fact       `json:"identifiers,omitempty"` // that it gives itself in DHCP
	Behind      []netip.Addr `json:"behind,omitempty"`      // addresses of others that its interface passed on, a few
	Truncated   bool         `json:"truncated,omitempty"`   // more was seen than is kept

	Because    []Reason  `json:"because,omitempty"`     // why it is one machine
	Similar    []Similar `json:"similar,omitempty"`     // that may be the same machine
	Apart      []string  `json:"apart,omitempty"`       // assets that a person said it is not
	Parts      []string  `json:"parts,omitempty"`       // assets that were found to be this one; not stored
	MergedInto string    `json:"merged_into,omitempty"` // the asset that this one was found to be

	Decided Decided `json:"decided"`
}

// Decided is what people have said of an asset.
type Decided struct {
	Name  string        `json:"name,omitempty"`
	Owner string        `json:"owner,omitempty"`
	Note  string        `json:"note,omitempty"`
	Grade segment.Grade `json:"grade,omitempty"` // of the data on it
	Role  string        `json:"role,omitempty"`
}

// A Fact is one statement with its evidence.
type Fact struct {
	Value string    `json:"value"`
	Via   Via       `json:"via"`
	First time.Time `json:"first_seen"`
	Last  time.Time `json:"last_seen"`
	Event string    `json:"event"` // that said so first
}

// An Interface is a network interface; Value is its MAC address.
type Interface struct {
	Fact
	Vendor string `json:"vendor,omitempty"`
	Random bool   `json:"random,omitempty"` // made up by the machine, gone tomorrow
}

// An Address is an IP address with the time in which the machine had it.
type Address struct {
	IP       netip.Addr `json:"ip"`
	Segment  string     `json:"segment"`
	Via      Via        `json:"via"`
	First    time.Time  `json:"first_seen"`
	Last     time.Time  `json:"last_seen"`
	Since    time.Time  `json:"since,omitzero"`     // it has, or had, it without another in between
	Until    time.Time  `json:"until,omitzero"`     // given back, or taken by another machine; zero: it has it
	Disputed bool       `json:"disputed,omitempty"` // another machine claimed it at the same time
	Event    string     `json:"event"`
}

// A Service is what the machine offers and somebody used.
type Service struct {
	Port     uint16    `json:"port"`
	Protocol string    `json:"protocol"` // tcp, udp
	App      string    `json:"app,omitempty"`
	Software string    `json:"software,omitempty"` // as its banner says
	First    time.Time `json:"first_seen"`
	Last     time.Time `json:"last_seen"`
	Event    string    `json:"event"`
}

// Roles that machines show.
const (
	RoleRouter           = "router"
	RoleDNS              = "dns-server"
	RoleDHCP             = "dhcp-server"
	RoleDomainController = "domain-controller"
	RoleWeb              = "web-server"
	RoleMail             = "mail-server"
	RoleFile             = "file-server"
	RoleDatabase         = "database"
	RoleTime             = "time-server"
	RoleProxy            = "proxy"
	RolePrinter          = "printer"
	RoleCamera           = "camera"
	RoleController       = "controller" // of machinery or of a building: PLC, RTU, BACnet
	RoleBroker           = "broker"     // of messages, such as MQTT
	RoleMedia            = "media"
	RoleHome             = "home-device"
	RoleClient           = "client"
)

// Bounds of one asset: others decide how much they say.
const (
	maxInterfaces  = 8
	maxAddresses   = 32
	maxNames       = 16
	maxOtherNames  = 8 // of the names, those that others gave it
	maxServices    = 64
	maxRoles       = 12
	maxSystems     = 8
	maxModels      = 4
	maxIdentifiers = 4
	maxReasons     = 16
	maxSimilar     = 8
	maxApart       = 64
	maxParts       = 32
	maxValue       = 128 // bytes of a name or of another text
	maxNote        = 4096
)

// How long statements hold without being seen again, in event time.
const (
	// An address that was silent for so long may be somebody else's: one whose
	// machine is known by more, and one that is all that is known of a machine.
	boundFor   = 7 * 24 * time.Hour
	addressFor = 30 * 24 * time.Hour
	// A machine known by nothing but an address is taken for the one that is
	// found to have it, if it was active so recently.
	sameSitting = time.Hour
	// Two machines that claim an address within such a time dispute it.
	disputeWithin = 5 * time.Minute
	// Where a list is full, what was not seen for so long makes room.
	staleAfter = 30 * 24 * time.Hour
	// What was seen for a moment only makes room sooner.
	fleeting    = 10 * time.Minute
	fleetingFor = time.Hour
)

// manyAddresses is from how many IPv4 addresses on an interface is a router's.
const manyAddresses = 8

// Limit is how many assets an Inventory keeps unless told otherwise.
const Limit = 50_000

// Store keeps assets. Its calls may take part in a transaction of ctx.
type Store interface {
	// Assets calls yield for every asset, in the order of their ids.
	Assets(ctx context.Context, yield func(Asset) error) error
	// SaveAssets keeps the assets as they are now, all or none.
	SaveAssets(ctx context.Context, assets []Asset) error
	// ForgetAssets drops assets; unknown ids are nothing wrong.
	ForgetAssets(ctx context.Context, ids []string) error
}

// Transactor runs changes that belong together, all or none.
type Transactor interface {
	Atomically(ctx context.Context, do func(ctx context.Context) error) error
}

// Recorder keeps who did what.
type Recorder interface {
	Record(ctx context.Context, e audit.Entry) error
}

// Lookup finds the segment of an address, "" for none; segment.Map is one.
type Lookup interface {
	Of(ip netip.Addr) string
}

// A Change is something that others may want to know of.
type Change struct {
	Kind  ChangeKind
	Asset Asset
	Other string // the other asset of a merge, a split or a likeness
	Time  time.Time
	Event string // "" where a person did it
}

// ChangeKind says what has changed.
type ChangeKind string

// Kinds of changes.
const (
	Appeared ChangeKind = "appeared" // a machine that was never seen before
	Merged   ChangeKind = "merged"   // Other was found to be this asset
	Resemble ChangeKind = "resemble" // Other may be this asset
)
