package eventstore_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/eventstore"
	"github.com/bongsu/bongsu/eventstore/eventstoretest"
)

// TestReadHolders holds what is found in the columns of a segment against the
// events that were written.
func TestReadHolders(t *testing.T) {
	frame := eventstoretest.Generate(1, 0, 500)
	for i := range 12_000 { // columns with and without a dictionary, several row groups' pages
		e := event.New(event.Authentication, eventstoretest.Begin.Add(time.Duration(i)), event.Origin{Source: "s", Position: uint64(i)})
		e.SetStr(event.UserName, []string{"Minji", "Kelvin", "\u212aelvin", "bad\xffbyte", ""}[i%5])
		e.SetStr(event.RawData, fmt.Sprintf("Line %d of", i))
		e.SetStr(event.Message, fmt.Sprintf("%x;", i*7919))
		switch i {
		case 11_000:
			e.AddUnmappedStr("name", `C:\Temp "Quoted"`)
		case 11_001:
			e.AddUnmapped("n", "12345678")
		case 11_002:
			e.SetStr(event.RawData, "한글 needle in the Hay")
		}
		frame = append(frame, e)
	}
	path := writeSegment(t, []event.Frame{frame}, nil)
	for _, text := range []string{
		"minji", "MINJI", "kelvin", "\u212aelvin", "bad\ufffdbyte", "d\xffb", "NEEDLE", "한글 n", "11999 of", "ofline", "f;f", ";",
		`c:\temp`, `\\`, `"quoted"`, `p "q`, "345", "nowhere at all", "", "powershell", strings.Repeat("x", 5000),
	} {
		want := eventstore.Holders{}
		for _, p := range event.Paths() {
			if p.Type() != event.String && p.Type() != event.JSON {
				continue
			}
			meets, err := eventstore.Compile(eventstore.Contains{Field: eventstore.Field{Kind: eventstore.Column, Path: p}, Text: text})
			if err != nil {
				t.Fatal(err)
			}
			if slices.ContainsFunc(frame, meets) {
				want.Columns = append(want.Columns, p)
			}
		}
		slices.Sort(want.Columns)
		meets, err := eventstore.Compile(eventstore.Anywhere{Text: text})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range frame {
			bare := event.New(e.Class, e.Time, e.Origin)
			for _, u := range e.AllUnmapped() {
				bare.AddUnmapped(u.Name, u.Literal)
			}
			want.Unmapped = want.Unmapped || meets(bare)
		}
		got, err := eventstore.ReadHolders(t.Context(), path, text, false)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%.40q (-want +got):\n%s", text, diff)
		}
		quick, err := eventstore.ReadHolders(t.Context(), path, text, true)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range want.Columns {
			if !slices.Contains(quick.Columns, p) {
				t.Errorf("%.40q: %s holds it and is left out", text, p.Name())
			}
		}
		if len(quick.Columns) > len(want.Columns)+10 || want.Unmapped && !quick.Unmapped {
			t.Errorf("%.40q: quickly %+v, want %+v and a few without a dictionary", text, quick, want)
		}
	}
}
