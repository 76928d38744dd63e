package eventstore_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/eventstore"
)

// logons are events as an auth log gives them.
func logons(n int) event.Frame {
	r := rand.New(rand.NewPCG(1, 2))
	at := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	out := make(event.Frame, n)
	for i := range out {
		at = at.Add(time.Duration(r.IntN(2e6)))
		e := event.New(event.Authentication, at, event.Origin{Source: "9f86d081884c7d659a2feaa0c55ad015", Position: uint64(i * 117)})
		src := fmt.Sprintf("198.51.100.%d", r.IntN(200))
		port := int64(32768 + r.IntN(28000))
		user := []string{"root", "admin", "oracle", "test", "minji", "postgres", "ubuntu"}[r.IntN(7)]
		pid := 1000 + r.IntN(30000)
		e.SetInt(event.ActivityID, 1)
		e.SetInt(event.StatusID, 2)
		e.SetStr(event.Message, "Failed password for "+user+" from "+src+" port "+strconv.FormatInt(port, 10)+" ssh2")
		e.SetStr(event.RawData, at.Format("Jan _2 15:04:05")+" web01 sshd["+strconv.Itoa(pid)+"]: Failed password for "+user+" from "+src+" port "+strconv.FormatInt(port, 10)+" ssh2")
		e.SetStr(event.TenantUID, "office")
		e.SetStr(event.LogName, "auth.log")
		e.SetStr(event.LogProvider, "sshd")
		e.SetStr(event.OriginalTime, at.Format("Jan _2 15:04:05"))
		e.SetStr(event.DeviceHostname, "web01")
		e.SetStr(event.DeviceIP, "192.0.2.10")
		e.SetStr(event.DeviceZone, "servers")
		e.SetStr(event.SrcIP, src)
		e.SetInt(event.SrcPort, port)
		e.SetStr(event.SrcZone, "internet")
		e.SetStr(event.UserName, user)
		e.AddUnmappedInt("pid", int64(pid))
		out[i] = e
	}
	return out
}

// flows are events as an intrusion detection system's flow log gives them.
func flows(n int) event.Frame {
	r := rand.New(rand.NewPCG(3, 4))
	at := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	out := make(event.Frame, n)
	for i := range out {
		at = at.Add(time.Duration(r.IntN(2e6)))
		e := event.New(event.NetworkActivity, at, event.Origin{Source: "0123456789abcdef", Position: uint64(i)})
		src, dst := fmt.Sprintf("10.0.%d.%d", r.IntN(4), r.IntN(250)), fmt.Sprintf("203.0.113.%d", r.IntN(250))
		sport, dport := int64(32768+r.IntN(28000)), []int64{53, 80, 443, 443, 443, 22, 445}[r.IntN(7)]
		out2, in2 := int64(60+r.IntN(4000)), int64(60+r.ExpFloat64()*20000)
		id := r.Int64()
		community := "1:" + strconv.FormatUint(r.Uint64(), 36) + strconv.FormatUint(r.Uint64(), 36) + "="
		e.SetInt(event.ActivityID, 2)
		e.SetStr(event.RawData, fmt.Sprintf(`{"timestamp":"%s","flow_id":%d,"event_type":"flow","src_ip":"%s","src_port":%d,"dest_ip":"%s","dest_port":%d,"proto":"TCP","app_proto":"tls","flow":{"pkts_toserver":%d,"pkts_toclient":%d,"bytes_toserver":%d,"bytes_toclient":%d,"state":"closed","reason":"timeout","alerted":false},"community_id":"%s"}`,
			at.Format(time.RFC3339Nano), id, src, sport, dst, dport, out2/60, in2/60, out2, in2, community))
		e.SetTime(event.StartTime, at.Add(-time.Duration(r.IntN(5e9))))
		e.SetTime(event.EndTime, at)
		e.SetInt(event.Duration, int64(r.IntN(5000)))
		e.SetStr(event.TenantUID, "office")
		e.SetStr(event.LogName, "eve.json")
		e.SetStr(event.ProductName, "Suricata")
		e.SetStr(event.ProductVendor, "OISF")
		e.SetStr(event.OriginalUID, strconv.FormatInt(id, 10))
		e.SetStr(event.OriginalTime, at.Format(time.RFC3339Nano))
		e.SetStr(event.DeviceHostname, "sensor01")
		e.SetStr(event.AppProtocol, "tls")
		e.SetStr(event.SrcIP, src)
		e.SetInt(event.SrcPort, sport)
		e.SetStr(event.SrcZone, "office")
		e.SetStr(event.DstIP, dst)
		e.SetInt(event.DstPort, dport)
		e.SetStr(event.DstZone, "internet")
		e.SetStr(event.ConnUID, strconv.FormatInt(id, 10))
		e.SetStr(event.CommunityUID, community)
		e.SetInt(event.ProtocolNum, 6)
		for _, p := range []event.Path{event.BytesIn, event.BytesOut, event.PacketsIn, event.PacketsOut} {
			e.SetInt(p, out2)
		}
		e.AddUnmappedStr("flow.state", "closed")
		e.AddUnmappedStr("flow.reason", "timeout")
		e.AddUnmapped("flow.alerted", "false")
		out[i] = e
	}
	return out
}

func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkSegment writes a tail of 65,536 events with the columns that occur.
func BenchmarkSegment(b *testing.B) {
	for name, make := range map[string]func(int) event.Frame{"logons": logons, "flows": flows} {
		b.Run(name, func(b *testing.B) {
			all := make(64 << 10)
			var columns []event.Path
			all[0].Each(func(p event.Path, _ string, _ int64) bool { columns = append(columns, p); return true })
			var file bytes.Buffer
			b.ReportAllocs()
			begin := cpu()
			b.ResetTimer()
			for b.Loop() {
				file.Reset()
				w := eventstore.NewSegmentWriter(&file, columns)
				for at := 0; at < len(all); at += event.FrameRows {
					if err := w.Write(all[at:min(at+event.FrameRows, len(all))]); err != nil {
						b.Fatal(err)
					}
				}
				if err := w.Close(); err != nil {
					b.Fatal(err)
				}
			}
			rows := float64(b.N) * float64(len(all))
			b.ReportMetric((cpu()-begin).Seconds()*1e6/rows, "cpu-s/Mrows")
			b.ReportMetric(rows/b.Elapsed().Seconds(), "rows/s")
			b.ReportMetric(float64(file.Len())/float64(len(all)), "B/row")
		})
	}
}
