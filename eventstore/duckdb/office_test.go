//go:build cgo

package duckdb_test

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/bongsu/bongsu/event"
)

// An office makes events of a made-up office: 400 machines, a few thousand
// destinations that are met as unevenly as real ones.
type office struct {
	rng  *rand.Rand
	zipf *rand.Zipf
	next uint64
}

func newOffice(seed uint64) *office {
	rng := rand.New(rand.NewPCG(seed, 42))
	return &office{rng: rng, zipf: rand.NewZipf(rng, 1.1, 8, 4000)}
}

// shares of the classes, in percent.
var shares = []struct {
	class event.Class
	share int
}{
	{event.NetworkActivity, 45}, {event.DNSActivity, 20}, {event.ProcessActivity, 15}, {event.HTTPActivity, 15}, {event.Authentication, 5},
}

var programs = []string{
	`C:\Windows\System32\svchost.exe`, `C:\Program Files\Google\Chrome\Application\chrome.exe`,
	`C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe`, `C:\Windows\System32\cmd.exe`,
	`C:\Program Files\Microsoft Office\root\Office16\WINWORD.EXE`, `C:\Windows\System32\rundll32.exe`,
}

func (o *office) event(class event.Class, at time.Time) *event.Event {
	o.next++
	e := event.New(class, at, event.Origin{Source: "5eed000000000001", Position: o.next})
	host := o.rng.IntN(400)
	ip := "10.1." + strconv.Itoa(host/200) + "." + strconv.Itoa(host%200+10)
	far := int(o.zipf.Uint64())
	e.SetInt(event.SeverityID, 1)
	switch class {
	case event.NetworkActivity:
		e.SetActivity(1 + o.rng.IntN(6))
		e.SetStr(event.SrcIP, ip)
		e.SetInt(event.SrcPort, int64(1024+o.rng.IntN(64000)))
		e.SetStr(event.SrcZone, "office")
		e.SetStr(event.DstIP, fmt.Sprintf("198.51.%d.%d", far>>8, far&255))
		e.SetInt(event.DstPort, []int64{443, 443, 443, 80, 53, 22, 3389}[o.rng.IntN(7)])
		e.SetStr(event.ProtocolName, "tcp")
		e.SetInt(event.ProtocolNum, 6)
		e.SetTime(event.StartTime, at.Add(-time.Duration(o.rng.IntN(1e9))))
		e.SetTime(event.EndTime, at)
		e.SetInt(event.BytesIn, int64(o.rng.IntN(100_000)))
		e.SetInt(event.BytesOut, int64(o.rng.IntN(20_000)))
		e.SetInt(event.PacketsIn, int64(o.rng.IntN(90)))
		e.SetInt(event.PacketsOut, int64(o.rng.IntN(90)))
		e.SetStr(event.CommunityUID, fmt.Sprintf("1:%016x%08x=", o.rng.Uint64(), o.rng.Uint32()))
		e.AddUnmappedStr("conn_state", []string{"SF", "S0", "REJ", "RSTO"}[o.rng.IntN(4)])
	case event.DNSActivity:
		e.SetActivity(2)
		e.SetStr(event.SrcIP, ip)
		e.SetStr(event.DstIP, "10.1.0.1")
		e.SetInt(event.DstPort, 53)
		e.SetStr(event.DNSQuery, fmt.Sprintf("host%d.example%d.com", far, far%97))
		e.SetStr(event.DNSType, "A")
		e.SetInt(event.DNSRcodeID, int64(o.rng.IntN(4)))
		e.SetStr(event.DNSAnswers, fmt.Sprintf(`[{"rdata":"198.51.%d.%d","type":"A"}]`, far>>8, far&255))
	case event.ProcessActivity:
		program := programs[o.rng.IntN(len(programs))]
		e.SetActivity(1)
		e.SetStr(event.DeviceHostname, "PC-"+strconv.Itoa(host))
		e.SetStr(event.ActorUser, "user"+strconv.Itoa(host))
		e.SetStr(event.ProcessPath, program)
		e.SetInt(event.ProcessPID, int64(o.rng.IntN(30000)))
		line := fmt.Sprintf(`"%s" --session %x /k netsvcs -p -s task%d`, program, o.rng.Uint64(), far)
		if o.rng.IntN(5000) == 0 {
			line = program + " -NoP -W Hidden -EncodedCommand JABzAD0ATgBlAHcALQBPAGIAagBl"
		}
		e.SetStr(event.ProcessCmdLine, line)
		e.SetStr(event.ParentCmdLine, programs[o.rng.IntN(len(programs))]+" -k")
		e.SetStr(event.RawData, fmt.Sprintf(`<Event><System><EventID>4688</EventID><EventRecordID>%d</EventRecordID><Computer>PC-%d</Computer></System><EventData>%s</EventData></Event>`, o.next, host, line))
		e.AddUnmappedStr("TokenElevationType", "%%1936")
		e.AddUnmappedInt("EventRecordID", int64(o.next))
	case event.HTTPActivity:
		e.SetActivity(3)
		e.SetStr(event.SrcIP, ip)
		e.SetStr(event.DstIP, fmt.Sprintf("198.51.%d.%d", far>>8, far&255))
		e.SetInt(event.DstPort, 80)
		e.SetStr(event.HTTPMethod, "GET")
		e.SetStr(event.HTTPHost, fmt.Sprintf("www.example%d.com", far%97))
		e.SetStr(event.HTTPPath, fmt.Sprintf("/item/%d/%x", far, o.rng.Uint32()))
		e.SetInt(event.HTTPStatus, 200)
		e.SetStr(event.HTTPUserAgent, "Mozilla/5.0 (X11; Linux x86_64) rev/"+strconv.Itoa(host%17))
	case event.Authentication:
		e.SetActivity(event.Logon)
		e.SetStatus(1 + o.rng.IntN(2))
		e.SetStr(event.SrcIP, ip)
		e.SetStr(event.UserName, "user"+strconv.Itoa(host))
		e.SetStr(event.DeviceHostname, "srv"+strconv.Itoa(far%20))
		e.SetStr(event.RawData, fmt.Sprintf("Nov 20 09:00:00 srv%d sshd[%d]: Accepted password for user%d from %s port %d ssh2", far%20, o.next%30000, host, ip, o.rng.IntN(65000)))
	}
	return e
}

// classAt draws a class.
func (o *office) class() event.Class {
	n := o.rng.IntN(100)
	for _, s := range shares {
		if n -= s.share; n < 0 {
			return s.class
		}
	}
	return event.Base
}
