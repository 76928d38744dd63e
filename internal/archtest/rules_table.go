package archtest

// Groups name the sets of packages that rows speak of. A group stands for its
// members wherever its name appears in Row.May.
var groups = []Group{
	{"NOUNS", []string{"org", "segment", "event", "text"}, "words that every package may use"},
	{"STAGES", []string{"capture", "dissect", "source", "decode", "enrich", "detect", "suppress", "incident", "report"}, "the flow from left to right: contracts and what their plug-ins share"},
	{"PLUGINS", []string{"capture/*", "dissect/*", "source/*", "decode/*", "enrich/*", "detect/*"}, "one implementation each"},
	{"ENGINES", []string{"bus/*", "eventstore/*", "statestore/*"}, "what carries and keeps the records"},
	{"GROUND", []string{"audit", "backup", "telemetry"}, "what every module stands on"},
	{"MODULES", []string{"incident", "asset", "hunt", "identity", "audit"}, "nouns with their stores and their pages' data"},
}

// Rows are looked through from the top: the first whose path matches decides.
// A star stands for one folder name. What a row does not list it may not
// import. Test files may import anything, their own package's private folders
// and libraries apart from the rule below.
var rows = []Row{
	{Path: "cmd/*", May: []string{"cli"}, Does: "arguments in, exit code out", Clock: true},
	{Path: "cli", May: []string{"app", "catalog", "api/client", "config", "STAGES", "NOUNS"}, Does: "commands", Clock: true, Wide: true},
	{Path: "app", May: []string{"api", "console", "config", "catalog", "STAGES", "bus", "eventstore", "statestore", "ENGINES", "MODULES", "GROUND", "NOUNS", "source/file", "source/http", "capture/file", "capture/live"}, Does: "assembles, runs and closes; `app/flow.go` is the map", Clock: true, Wide: true},
	{Path: "catalog", May: []string{"STAGES", "PLUGINS", "NOUNS"}, Does: "the one list of every plug-in", Wide: true},

	{Path: "config", May: []string{"NOUNS"}, Does: "bongsu.yaml to checked settings"},
	{Path: "api", May: []string{"STAGES", "MODULES", "GROUND", "eventstore", "NOUNS"}, Does: "the face for programs: HTTP and OpenAPI", Clock: true, Wide: true},
	{Path: "console", May: []string{"NOUNS"}, Does: "the face for people, in a browser"},
	{Path: "api/client", Does: "the client that is made from the OpenAPI document"},

	{Path: "org", Does: "the organisation that a record belongs to"},
	{Path: "segment", Does: "a part of the network with one purpose and one data grade"},
	{Path: "text", Does: "what people read, in Korean and in English"},
	{Path: "event", May: []string{"org", "segment", "text", "wire/*"}, Does: "what happened, in OCSF's words"},

	{Path: "capture", May: []string{"NOUNS"}, Does: "packets from outside"},
	{Path: "dissect", May: []string{"capture", "wire/*", "NOUNS"}, Does: "flow table, reassembly, contract of a dissector"},
	{Path: "source", May: []string{"NOUNS"}, Does: "bytes from outside"},
	{Path: "decode", May: []string{"source", "wire/*", "NOUNS"}, Does: "contract of a decoder: bytes to events"},
	{Path: "enrich", May: []string{"wire/*", "NOUNS"}, Does: "adds asset, segment, place"},
	{Path: "detect", May: []string{"enrich", "NOUNS"}, Does: "contract of a detector, findings, the runner"},
	{Path: "suppress", May: []string{"detect", "NOUNS"}, Does: "stated reasons not to act on findings"},
	{Path: "incident", May: []string{"detect", "suppress", "audit", "NOUNS"}, Does: "findings that concern one matter"},
	{Path: "report", May: []string{"detect", "incident", "NOUNS"}, Does: "documents for people"},

	{Path: "bus", May: []string{"NOUNS"}, Does: "topics and stages, at least once"},
	{Path: "eventstore", May: []string{"wire/parquet", "NOUNS"}, Does: "append, query, retain"},
	{Path: "statestore", May: []string{"source", "detect", "eventstore", "MODULES", "NOUNS"}, Does: "the SQL of every module, a file a noun", Wide: true},

	{Path: "audit", May: []string{"NOUNS"}, Does: "who did what, in a chain that shows tampering"},
	{Path: "backup", Does: "files in one archive, told whole from cut"},
	{Path: "telemetry", May: []string{"NOUNS"}, Does: "what the program counts about itself"},
	{Path: "identity", May: []string{"audit", "NOUNS"}, Does: "who may do what: accounts, sessions, tokens"},
	{Path: "asset", May: []string{"audit", "wire/*", "NOUNS"}, Does: "the machines seen, and what is known of them"},
	{Path: "hunt", May: []string{"audit", "eventstore", "NOUNS"}, Does: "questions asked of the event store"},

	// A grammar that carries another has a row of its own, so that the two stay
	// the exception.
	{Path: "wire/sasl", May: []string{"wire/ntlm"}, Does: "logons of mail protocols, which may carry NTLM"},
	{Path: "wire/kerberos", May: []string{"wire/asn1"}, Does: "Kerberos messages, which are ASN.1"},
	{Path: "wire/*", Does: "one grammar each: bytes to a struct"},

	// Harnesses stand before the plug-ins, whose pattern would match them too.
	{Path: "capture/*test", May: []string{"capture", "wire/*", "NOUNS"}, Does: "harness for captures", TestsOnly: true},
	{Path: "dissect/*test", May: []string{"capture", "dissect", "wire/*", "NOUNS"}, Does: "harness for dissectors", TestsOnly: true},
	{Path: "source/*test", May: []string{"source", "NOUNS"}, Does: "harness for sources", TestsOnly: true},
	{Path: "decode/*test", May: []string{"source", "decode", "NOUNS"}, Does: "harness for decoders", TestsOnly: true},
	{Path: "detect/*test", May: []string{"detect", "enrich", "NOUNS"}, Does: "harness for detectors", TestsOnly: true},
	{Path: "bus/*test", May: []string{"bus", "NOUNS"}, Does: "one suite for every bus", TestsOnly: true},
	{Path: "statestore/*test", May: []string{"statestore", "source", "detect", "eventstore", "MODULES", "NOUNS"}, Does: "one suite for every state store", TestsOnly: true, Wide: true},
	{Path: "eventstore/*test", May: []string{"eventstore", "NOUNS"}, Does: "one suite for every store", TestsOnly: true},

	{Path: "capture/*", May: []string{"capture", "wire/*", "NOUNS"}, Does: "one way to get packets"},
	{Path: "dissect/*", May: []string{"dissect", "wire/*", "NOUNS"}, Does: "one protocol"},
	{Path: "source/*", May: []string{"source", "wire/*", "NOUNS"}, Does: "one way to get bytes"},
	{Path: "decode/*", May: []string{"decode", "wire/*", "NOUNS"}, Does: "one log format"},
	{Path: "enrich/*", May: []string{"enrich", "wire/*", "NOUNS"}, Does: "one kind of context"},
	{Path: "detect/*", May: []string{"detect", "wire/*", "NOUNS"}, Does: "one behaviour of an adversary"},
	{Path: "bus/*", May: []string{"bus", "NOUNS"}, Does: "one engine"},
	{Path: "eventstore/*", May: []string{"eventstore", "wire/*", "NOUNS"}, Does: "one engine"},
	{Path: "statestore/*", May: []string{"statestore", "NOUNS"}, Does: "one engine"},
	{Path: "*/*/internal/*", May: []string{"wire/*", "NOUNS"}, Does: "private to one plug-in"},

	{Path: "internal/archtest", Does: "this table, as a test", TestsOnly: true},
	{Path: "internal/fuzzsmoke", May: []string{"internal/archtest"}, Does: "runs every fuzz test for a moment", Clock: true, TestsOnly: true},
	{Path: "internal/conformance", May: []string{"cli", "app", "catalog", "STAGES", "bus", "NOUNS"}, Does: "measures against public truth", Clock: true, Wide: true, TestsOnly: true},
	{Path: "internal/conformance/*", May: []string{"internal/conformance", "internal/conformance/*", "internal/ocsftest", "cli", "app", "catalog", "STAGES", "PLUGINS", "bus", "ENGINES", "wire/*", "NOUNS"}, Does: "one suite each; `run` is the command", Clock: true, Wide: true, TestsOnly: true},
	{Path: "internal/scenario", May: []string{"cli", "app", "catalog", "STAGES", "NOUNS"}, Does: "scripts of the whole program", Clock: true, Wide: true, TestsOnly: true},
	{Path: "internal/sample", May: []string{"capture", "capture/file"}, Does: "writes the capture that make run analyses", Clock: true, TestsOnly: true},
	{Path: "internal/ocsftest", Does: "compiles the OCSF schema and checks JSON against it", TestsOnly: true},
	{Path: "internal/oui", Does: "writes the table of who makes which network interfaces", Clock: true, TestsOnly: true},
	{Path: "internal/mixer", May: []string{"capture", "capture/file"}, Does: "makes a large capture out of small ones, for measuring", Clock: true, TestsOnly: true},
	{Path: "internal/load", Does: "sends records to a running server, for measuring", Clock: true, TestsOnly: true},
	{Path: "internal/apidoc", May: []string{"api"}, Does: "writes the document that api/client is made of", TestsOnly: true},
	{Path: "internal/netrange", Does: "a test network in namespaces", Clock: true, TestsOnly: true},
}

// Libraries lists each module from outside with the package that may import
// it. Tests and rows that are for tests only may import any library of this
// list. More than one home, or none, needs a reason.
var libraries = []Library{
	{Module: "github.com/klauspost/compress", Homes: []string{"source/file", "source/http", "event", "wire/parquet"}, Reason: "zstd is a container of files read, an encoding of bodies received, the codec of event frames and that of Parquet pages"},
	{Module: "github.com/ulikunitz/xz", Homes: []string{"source/file"}},
	{Module: "github.com/parquet-go/parquet-go", Homes: []string{"eventstore", "wire/parquet"}, Reason: "wire/parquet writes with its encodings, eventstore reads files and copies row groups with it"},
	{Module: "google.golang.org/protobuf", Homes: []string{"event"}},
	{Module: "go.yaml.in/yaml/v3", Homes: []string{"config", "detect/sigma"}, Reason: "settings and Sigma rules are YAML, and a plug-in may not import config"},
	{Module: "github.com/a-h/templ", Homes: []string{"report", "console"}, Reason: "both draw HTML, and neither may import the other"},
	{Module: "golang.org/x/text", Homes: []string{"decode"}},
	{Module: "golang.org/x/term", Homes: []string{"cli"}},
	{Module: "github.com/alecthomas/kong", Homes: []string{"cli"}},
	{Module: "github.com/schollz/progressbar/v3", Homes: []string{"cli"}},
	{Module: "golang.org/x/sys", Homes: []string{"capture/live", "app"}, Reason: "sockets that see packets, and how much room a disk has"},
	{Module: "github.com/nats-io/nats-server/v2", Homes: []string{"bus/nats"}},
	{Module: "github.com/nats-io/nats.go", Homes: []string{"bus/nats"}},
	{Module: "github.com/minio/highwayhash", Homes: []string{"bus/nats"}},
	{Module: "modernc.org/sqlite", Homes: []string{"statestore/sqlite"}},
	{Module: "github.com/duckdb/duckdb-go/v2", Homes: []string{"eventstore/duckdb"}},
	{Module: "github.com/danielgtaylor/huma/v2", Homes: []string{"api"}},
	{Module: "github.com/oapi-codegen/runtime", Homes: []string{"api/client"}},
	{Module: "github.com/prometheus/client_golang", Homes: []string{"telemetry"}},
	{Module: "golang.org/x/crypto", Homes: []string{"identity"}},
	{Module: "golang.org/x/time", Homes: []string{"identity"}},
	{Module: "golang.org/x/tools", Reason: "txtar holds the scenarios of detectors and of the whole program"},
	{Module: "github.com/gopacket/gopacket", Reason: "the oracle of differential tests"},
	{Module: "github.com/google/go-cmp", Reason: "shows what differs"},
}

// VagueNames say nothing about what a package is for.
var vagueNames = []string{
	"util", "utils", "common", "helper", "helpers", "misc", "shared", "base", "core",
	"lib", "libs", "type", "types", "model", "models", "manager", "managers", "pkg",
}

// Limits of R8, in lines and in packages.
const (
	maxFileLines    = 600
	maxPackageLines = 4000
	maxOwnImports   = 10
)
