package asset_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/bongsu/bongsu/asset"
	"github.com/bongsu/bongsu/capture"
	"github.com/bongsu/bongsu/capture/file"
	"github.com/bongsu/bongsu/catalog"
	"github.com/bongsu/bongsu/dissect"
	"github.com/bongsu/bongsu/enrich"
	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/segment"
)

// recorded returns the events of a capture, as serve has them.
func recorded(t testing.TB, path string) event.Frame {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	in, err := file.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	var events event.Frame
	stage := enrich.New("org_default", segment.NewMap(segment.Defaults()))
	n := uint64(0)
	engine := dissect.NewEngine(dissect.Config{IgnoreChecksums: true, Set: dissect.NewSet(catalog.Protocols()), Source: "0123456789abcdef", Emit: func(e *event.Event) {
		n++
		e.Origin = event.Origin{Source: "0123456789abcdef", Position: n}
		events = append(events, e)
	}})
	var p capture.Packet
	for in.Next(&p) == nil {
		engine.Packet(&p)
	}
	engine.Close()
	if _, err := stage.Handle(context.Background(), events); err != nil {
		t.Fatal(err)
	}
	slices.SortStableFunc(events, event.Compare)
	return events
}

// makers are what must be known of the devices of IoT Sentinel, each recorded
// while somebody set it up: the vendor that the IEEE gives, or a part of a name.
// TestDevices looks for either in the asset that is not the gateway.
var makers = map[string]string{
	"Aria": "fitbit|aria|gainspan", "D-LinkCam": "d-link", "D-LinkDayCam": "d-link", "D-LinkHomeHub": "d-link", "D-LinkSensor": "d-link",
	"D-LinkSiren": "d-link", "D-LinkSwitch": "d-link", "D-LinkWaterSensor": "d-link", "EdimaxCam1": "edimax", "EdimaxCam2": "edimax",
	"EdimaxPlug1101W": "edimax", "EdimaxPlug2101W": "edimax", "EdnetCam1": "assmann", "EdnetCam2": "assmann",
	"EdnetGateway": "ednet|shenzhen|texas|hi-flying|high-flying", "HueBridge": "philips", "HueSwitch": "philips", "MAXGateway": "eq-3|max", "SmarterCoffee": "espressif|smarter|roving|murata|hi-flying",
	"TP-LinkPlugHS100": "tp-link|hs100", "TP-LinkPlugHS110": "tp-link|hs110", "WeMoInsightSwitch": "belkin|wemo|insight", "WeMoLink": "belkin|wemo",
	"WeMoSwitch": "belkin|wemo", "Withings": "withings|ws-", "iKettle2": "espressif|ikettle|smarter|murata",
}

func TestDevices(t *testing.T) {
	root := os.Getenv("BONGSU_TESTDATA")
	if root == "" {
		t.Skip("BONGSU_TESTDATA is not set: no devices to recognise")
	}
	folder := filepath.Join(root, "iot", "iot-sentinel")
	kinds, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	recognised, captures := 0, 0
	for _, kind := range kinds {
		if !kind.IsDir() {
			continue
		}
		paths, _ := filepath.Glob(filepath.Join(folder, kind.Name(), "*.pcap"))
		want := strings.Split(makers[kind.Name()], "|")
		for _, path := range paths {
			captures++
			v := open(t, newStore(), func(c *asset.Config) { c.Segments = segment.NewMap(segment.Defaults()) })
			observe(t, v, recorded(t, path), 100)
			var said []string
			found := false
			for _, a := range all(t, v) {
				text := a.Label() + " · " + a.Vendor()
				for _, n := range a.Names {
					text += " " + n.Value
				}
				for _, n := range a.Models {
					text += " " + n.Value
				}
				said = append(said, describe(a))
				for _, w := range want {
					found = found || w != "" && strings.Contains(strings.ToLower(text), w)
				}
			}
			if found {
				recognised++
			}
			if !found || testing.Verbose() {
				t.Logf("%s: \n  %s", filepath.Base(filepath.Dir(path))+"/"+filepath.Base(path), strings.Join(said, "\n  "))
			}
		}
	}
	t.Logf("%d of %d captures: the device is in the inventory by maker or name", recognised, captures)
	if captures == 0 || recognised*100 < captures*95 {
		t.Errorf("%d of %d captures recognised, want 95 %%", recognised, captures)
	}
}

// describe is an asset in one line.
func describe(a asset.Asset) string {
	out := a.Label() + " [" + a.Vendor() + "]"
	for _, i := range a.Interfaces {
		out += " " + i.Value + "(" + string(i.Via) + ")"
	}
	for _, x := range a.Addresses {
		out += " " + x.IP.String()
		if !x.Until.IsZero() {
			out += "(was)"
		}
	}
	for _, f := range a.Names {
		out += " name=" + f.Value + "/" + string(f.Via)
	}
	for _, f := range a.Roles {
		out += " role=" + f.Value
	}
	for _, f := range a.Systems {
		out += " system=" + f.Value
	}
	for _, f := range a.Models {
		out += " model=" + f.Value
	}
	for _, s := range a.Services {
		out += " " + s.Protocol + "/" + s.App
	}
	return out
}
