package asset_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/bongsu/bongsu/asset"
	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/segment"
)

// office is an hour of 200 machines that talk to 20 servers and outside:
// flows, names, pages and logs in the proportions of an office.
func office(n int) event.Frame {
	y := tell()
	for i := range 200 {
		y.leased(mac(i), ip(i+20), fmt.Sprintf("pc-%03d", i))
	}
	for i := 0; len(y.events) < n; i++ {
		client, server := i%200, (i/7)%20
		switch i % 10 {
		case 0, 1, 2, 3, 4:
			y.flow(ip(client+20), mac(client), fmt.Sprintf("10.1.2.%d", server), "00:00:5e:00:53:fe", 443, "tls")
		case 5, 6:
			y.flow(ip(client+20), mac(client), fmt.Sprintf("198.51.100.%d", i%250), "00:00:5e:00:53:ff", 443, "tls")
		case 7:
			e := ends(y.event(event.DNSActivity), ip(client+20), mac(client), "10.1.2.1", "00:00:5e:00:53:fd")
			e.SetActivity(2)
			e.SetStr(event.AppProtocol, "dns")
			e.SetInt(event.DstPort, 53)
			e.SetStr(event.ProtocolName, "udp")
			e.SetStr(event.DNSQuery, fmt.Sprintf("www%d.example.com", i%500))
			e.SetStr(event.DNSAnswers, fmt.Sprintf(`[{"class":"IN","rdata":"198.51.100.%d","ttl":60,"type":"A"},{"class":"IN","rdata":"198.51.100.9","ttl":60,"type":"A"}]`, i%250))
		case 8:
			e := ends(y.event(event.HTTPActivity), ip(client+20), mac(client), fmt.Sprintf("10.1.2.%d", server), "00:00:5e:00:53:fe")
			e.SetStr(event.AppProtocol, "http")
			e.SetInt(event.DstPort, 80)
			e.SetInt(event.HTTPStatus, 200)
			e.SetStr(event.HTTPHost, fmt.Sprintf("intranet%d.example.com", server))
			e.SetStr(event.HTTPUserAgent, "Mozilla/5.0 (Windows NT 10.0; Win64; x64)")
			e.AddUnmappedStr("http_server", "nginx/1.24.0 (Ubuntu)")
		case 9:
			y.host(fmt.Sprintf("srv-%d", server))
		}
		y.at = start.Add(time.Hour * time.Duration(i) / time.Duration(n)) // in one hour
	}
	return y.events
}

func rate(b *testing.B, events event.Frame) {
	v := open(b, newStore(), func(c *asset.Config) {
		if b.Name() == "BenchmarkCaptures" {
			c.Segments = segment.NewMap(segment.Defaults())
		}
	})
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		observe(b, v, events, event.FrameRows)
		n += len(events)
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "events/s")
}

func BenchmarkOffice(b *testing.B) { rate(b, office(100_000)) }

// BenchmarkCaptures takes the devices of IoT Sentinel.
func BenchmarkCaptures(b *testing.B) {
	root := os.Getenv("BONGSU_TESTDATA")
	if root == "" {
		b.Skip("BONGSU_TESTDATA is not set: no captures to read")
	}
	var events event.Frame
	paths, _ := filepath.Glob(filepath.Join(root, "iot", "iot-sentinel", "*", "*.pcap"))
	for _, p := range paths {
		events = append(events, recorded(b, p)...)
	}
	rate(b, events)
}

// BenchmarkFlood is one machine that claims another interface, address and
// name with every message, past the bound of what is kept.
func BenchmarkFlood(b *testing.B) {
	y := tell()
	for i := range 60_000 {
		y.leased(fmt.Sprintf("02:00:00:%02x:%02x:%02x", i>>16&255, i>>8&255, i&255), fmt.Sprintf("10.1.%d.%d", i>>8&255, i&255), fmt.Sprintf("x%d", i))
	}
	rate(b, y.events)
}
