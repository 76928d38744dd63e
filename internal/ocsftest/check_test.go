package ocsftest_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bongsu/bongsu/internal/ocsftest"
)

// whole is an object that fits the small schema of testdata/schema.
const whole = `{"class_uid":3004,"class_name":"Entry","category_uid":3,"category_name":"Doors","activity_id":1,"activity_name":"Open","type_uid":300401,` +
	`"time":1772357400123,"metadata":{"version":"0.1.0"},"door":{"name":"north \"gate\"","key":"k","port":65535,"weight":1.5,"is_open":true,"mode":"in","badge":"AB-1","bars":3}}`

func TestCheck(t *testing.T) {
	schema, err := ocsftest.Compile("testdata/schema")
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name     string
		old, new string   // replaced in whole
		want     []string // violations
	}{
		{name: "whole"},
		{"white space", `"door":{`, "\n \"door\" : {\t", nil},
		{"end of line", `"bars":3}}`, "\"bars\":3}}\n", nil},
		{"escaped key", `"door":{"name"`, `"door":{"n\u0061me"`, nil},
		{"other activity has a free name", `"activity_id":1,"activity_name":"Open","type_uid":300401`, `"activity_id":99,"activity_name":"Knock","type_uid":300499`, nil},
		{"inherited activity", `"activity_id":1,"activity_name":"Open","type_uid":300401`, `"activity_id":0,"type_uid":300400`, nil},
		{"class of an extension", `"class_uid":3004,"class_name":"Entry",`, `"class_uid":503006,`, []string{"type_uid: is 300401, class and activity make 50300601", "activity_id: 1 is not in the enum"}},
		{"anything in unmapped", `"door":{`, `"unmapped":{"a":{"b":[null,"]}"]}},"door":{`, nil},
		{"anything in JSON", `"door":{`, `"extra":[1,null,{"a":"}"}],"door":{`, nil},
		{"profile named", `{"version":"0.1.0"}`, `{"version":"0.1.0","profiles":["guard"]},"guard":"Kim"`, nil},
		{"profile not needed", `"door":{`, `"guard_uid":"7","door":{`, nil},
		{"time as text", `"time":1772357400123,"metadata":{"version":"0.1.0"}`, `"time":1772357400123,"time_dt":"2026-03-01T09:30:00Z","metadata":{"version":"0.1.0","profiles":["datetime"]}`, nil},
		{"array", `"door":{`, `"doors":[{"uid":"1","card":"c"},{"uid":"2","card":"c"}],"door":{`, nil},
		{"observable", `"door":{`, `"observables":[{"name":"doors[0].badge","type_id":7}],"door":{`, nil},

		{"not JSON", `"bars":3}}`, `"bars":3}`, []string{"is not JSON"}},
		{"not UTF-8", "north", "\xff", []string{"is not UTF-8"}},
		{"no class", `"class_uid":3004,"class_name":"Entry",`, ``, []string{"class_uid: is missing or no integer"}},
		{"unknown class", `"class_uid":3004`, `"class_uid":3005`, []string{"class_uid: the schema has no class 3005"}},
		{"abstract class", `"class_uid":3004`, `"class_uid":3000`, []string{"class_uid: the schema has no class 3000"}},
		{"class name", `"Entry"`, `"entry"`, []string{`class_name: "entry" is not "Entry", the caption of class_uid 3004`}},
		{"category", `"category_uid":3`, `"category_uid":4`, []string{"category_uid: is 4, entry is of category 3"}},
		{"type", `300401`, `300402`, []string{"type_uid: is 300402, class and activity make 300401"}},
		{"version", `0.1.0`, `0.2.0`, []string{`metadata.version: is "0.2.0", the schema is "0.1.0"`}},
		{"unknown profile", `{"version":"0.1.0"}`, `{"version":"0.1.0","profiles":["x"]}`, []string{`metadata.profiles[]: the schema has no profile "x"`}},
		{"unknown attribute", `"door":{`, `"colour":1,"door":{`, []string{"colour: entry has no such attribute"}},
		{"unknown attribute below", `"bars":3`, `"colour":{"a":[1]}`, []string{"door.colour: door has no such attribute"}},
		{"missing", `"time":1772357400123,`, ``, []string{"time: is required and missing"}},
		{"missing below", `{"version":"0.1.0"}`, `{}`, []string{"metadata.version: is required and missing"}},
		{"profile not named", `"door":{`, `"guard":"Kim","door":{`, []string{"guard: belongs to profile guard, which metadata.profiles does not name"}},
		{"missing of a profile", `{"version":"0.1.0"}`, `{"version":"0.1.0","profiles":["guard"]}`, []string{"guard: is required and missing"}},
		{"profile of an extension", `{"version":"0.1.0"}`, `{"version":"0.1.0","profiles":["gate/paid"]}`, []string{"door.toll: is required and missing"}},
		{"time as text without profile", `"door":{`, `"time_dt":"2026-03-01T09:30:00Z","door":{`, []string{"time_dt: belongs to profile datetime, which metadata.profiles does not name"}},
		{"twice", `"door":{`, `"time":1,"door":{`, []string{"time: is there twice"}},
		{"null", `1772357400123`, `null`, []string{"time: is null, not timestamp_t"}},
		{"integer as text", `1772357400123`, `"1"`, []string{"time: is a string, not timestamp_t"}},
		{"fraction", `1772357400123`, `1.5`, []string{"time: 1.5 is no integer of 64 bits, not timestamp_t"}},
		{"too large", `1772357400123`, `9223372036854775808`, []string{"time: 9223372036854775808 is no integer of 64 bits, not timestamp_t"}},
		{"range", `65535`, `65536`, []string{"door.port: 65536 is not within 0 to 65535 of port_t"}},
		{"float as text", `1.5`, `"1.5"`, []string{"door.weight: is a string, not float_t"}},
		{"boolean as number", `true`, `1`, []string{"door.is_open: is a number, not boolean_t"}},
		{"text as number", `"k"`, `1`, []string{"door.key: is a number, not string_t"}},
		{"enum", `"activity_id":1,"activity_name":"Open","type_uid":300401`, `"activity_id":3,"type_uid":300403`, []string{"activity_id: 3 is not in the enum"}},
		{"caption", `"Open"`, `"Close"`, []string{`activity_name: "Close" is not "Open", the caption of activity_id 1`}},
		{"enum of words", `"in"`, `"up"`, []string{`door.mode: "up" is not in the enum`}},
		{"regex", `AB-1`, `AB1`, []string{`door.badge: "AB1" is no badge_t`}},
		{"length", `AB-1`, `AB-123456`, []string{`door.badge: "AB-123456" is longer than the 8 of badge_t`}},
		{"just one, none", `"key":"k",`, ``, []string{"door: door needs just one of key, card, has 0"}},
		{"just one, both", `"key":"k",`, `"key":"k","card":"c",`, []string{"door: door needs just one of key, card, has 2"}},
		{"at least one", `"door":{"name":"north \"gate\"","key":"k","port":65535,"weight":1.5,"is_open":true,"mode":"in","badge":"AB-1","bars":3}`, `"unmapped":{}`, []string{"entry needs at least one of door, doors"}},
		{"object as text", `{"version":"0.1.0"}`, `"0.1.0"`, []string{"metadata: is a string, not an object (metadata)"}},
		{"array as object", `"door":{`, `"doors":{},"door":{`, []string{"doors: is an object, not an array"}},
		{"in an array", `"door":{`, `"doors":[{"key":"c","uid":1},3],"door":{`, []string{"doors[].uid: is a number, not string_t", "doors[]: is a number, not an object (door)"}},
		{"observable of nothing", `"door":{`, `"observables":[{"name":"door.colour","type_id":7}],"door":{`, []string{`observables[].name: entry has no attribute "door.colour"`}},
		{"unknown kind of observable", `"door":{`, `"observables":[{"name":"door","type_id":8}],"door":{`, []string{"observables[].type_id: 8 is not in the enum"}},
	}
	checker := schema.NewChecker()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			object := strings.Replace(whole, tt.old, tt.new, 1)
			if tt.old != "" && object == whole {
				t.Fatalf("%q is not in the object", tt.old)
			}
			var got []string
			var violations ocsftest.Violations
			if err := checker.Check([]byte(object)); errors.As(err, &violations) {
				for _, v := range violations {
					got = append(got, v.String())
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("violations (-want +got):\n%s\nof %s", diff, object)
			}
		})
	}
}

func TestUses(t *testing.T) {
	schema, err := ocsftest.Compile("testdata/schema")
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		path string
		want []ocsftest.Use
	}{
		{"extra", []ocsftest.Use{{Class: 3004, Type: "json_t", JSON: "any"}}},
		{"doors.port", []ocsftest.Use{{Class: 3004, Type: "port_t", JSON: "integer"}, {Class: 503006, Type: "port_t", JSON: "integer"}}},
		{"doors.toll", []ocsftest.Use{{Class: 3004, Type: "float_t", JSON: "float", Profiles: []string{"gate/paid"}}, {Class: 503006, Type: "float_t", JSON: "float", Profiles: []string{"gate/paid"}}}},
		{"doors", []ocsftest.Use{{Class: 3004, Type: "door", JSON: "object", Array: true}, {Class: 503006, Type: "door", JSON: "object", Array: true}}},
		{"doors.colour", nil},
		{"extra.x", nil},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, schema.Uses(tt.path)); diff != "" {
			t.Errorf("Uses(%q) (-want +got):\n%s", tt.path, diff)
		}
	}
}

func FuzzCheck(f *testing.F) {
	f.Add([]byte(whole))
	f.Add([]byte(`{"class_uid":3004,"metadata":{"profiles":[[{"a":"\""}],"guard"]},"door":[],"doors":[{},"x"],"observables":[{"name":"a[.b"}]}`))
	schema, err := ocsftest.Compile("testdata/schema")
	if err != nil {
		f.Fatal(err)
	}
	checker := schema.NewChecker()
	f.Fuzz(func(t *testing.T, object []byte) {
		first := checker.Check(object)
		again := schema.NewChecker().Check(object)
		if diff := cmp.Diff(text(first), text(again)); diff != "" {
			t.Errorf("a checker remembers more than values (-first +again):\n%s", diff)
		}
	})
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
