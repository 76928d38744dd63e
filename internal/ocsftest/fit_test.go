package ocsftest_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/internal/ocsftest"
)

// Fit has to leave alone what the schema takes, and to take out what it does
// not take: for each column of each class, with texts beside the numbers.
func TestFit(t *testing.T) {
	checker := ocsftest.Load(t).NewChecker()
	texts := map[event.Path]event.Path{
		event.LogonTypeID: event.LogonType, event.AuthProtocolID: event.AuthProtocol,
		event.DirectionID: event.Direction, event.DNSRcodeID: event.DNSRcode, event.ActivityID: event.ActivityName,
	}
	numbers := []int64{-1, 98, other, 100, 255}
	for n := range int64(45) {
		numbers = append(numbers, n)
	}
	fitted := 0
	for _, class := range classes {
		for _, p := range event.Paths() {
			if p.Type() != event.Int || strings.HasSuffix(p.Name(), "port") || strings.HasSuffix(p.Name(), "_uid") {
				continue
			}
			some := numbers
			switch {
			case !class.Has(p):
				some = some[:1] // it goes, whatever it is
			case !strings.HasSuffix(p.Name(), "_id"):
				some = some[:4] // no enum
			}
			for _, n := range some {
				e := event.New(class, time.UnixMilli(1772357400123), event.Origin{Source: "0123456789abcdef"})
				e.SetInt(p, n)
				before := about(checker, e, p.Name())
				if text := texts[p]; text != 0 {
					e.SetStr(text, "words of others")
				}
				e.Fit()
				if after := about(checker, e, p.Name(), texts[p].Name()); after != "" {
					t.Errorf("class %d, %s %d: after Fit: %s", class, p.Name(), n, after)
				}
				if kept := e.Has(p) && e.Int(p) == n; kept && before != "" || !kept && before == "" && (p != event.ActivityID || n != 0) && (p != event.DNSRcodeID || n != 24 && n != 25) {
					t.Errorf("class %d, %s %d: kept %v, the schema says %q", class, p.Name(), n, kept, before)
				}
				if !e.Has(p) {
					fitted++
				}
			}
		}
	}
	if fitted == 0 {
		t.Error("nothing was taken out")
	}
}

const other = 99

// A column of JSON is an object or an array as the schema has it.
func TestFitShape(t *testing.T) {
	schema := ocsftest.Load(t)
	for _, p := range event.Paths() {
		if p.Type() != event.JSON {
			continue
		}
		for _, use := range schema.Uses(p.Name()) {
			c := event.Class(use.Class)
			if !c.Has(p) {
				continue
			}
			for _, literal := range []string{"{}", "[]"} {
				e := event.New(c, time.UnixMilli(0), event.Origin{})
				e.SetStr(p, literal)
				e.Fit()
				if kept, want := e.Has(p), use.Array == (literal == "[]"); kept != want {
					t.Errorf("class %d, %s %s: kept %v, the schema has array %v", c, p.Name(), literal, kept, use.Array)
				}
			}
		}
	}
}

// about returns what is wrong with attributes of an event.
func about(checker *ocsftest.Checker, e *event.Event, names ...string) string {
	var violations ocsftest.Violations
	errors.As(checker.Check(e.AppendJSON(nil)), &violations)
	for _, v := range violations {
		for _, name := range names {
			top, _, _ := strings.Cut(name, ".")
			if name != "" && (v.Path == name || v.Path == top && strings.Contains(v.Reason, "no such attribute")) {
				return v.String()
			}
		}
	}
	return ""
}
