package decode_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bongsu/bongsu/decode"
	"github.com/bongsu/bongsu/event"
)

func TestSetMail(t *testing.T) {
	tests := []struct {
		name string
		mail decode.Mail
		want map[string]string
	}{
		{
			"envelope and header",
			decode.Mail{Sender: "<kim@example.com>", Recipients: []string{"<lee@example.com>"}, From: `"Kim, A" <kim@example.com>`, To: []string{"Lee <lee@example.com>, ann@example.com"}},
			map[string]string{"smtp_from": "kim@example.com", "smtp_to": `["lee@example.com"]`, "from": "kim@example.com", "to": `["lee@example.com","ann@example.com"]`, "~from_header": `"\"Kim, A\" <kim@example.com>"`},
		},
		{
			"envelope only",
			decode.Mail{Sender: "kim@example.com", Recipients: []string{"lee@example.com"}},
			map[string]string{"smtp_from": "kim@example.com", "smtp_to": `["lee@example.com"]`, "from": "kim@example.com", "to": `["lee@example.com"]`},
		},
		{
			"no addresses that OCSF takes",
			decode.Mail{Sender: "root@localhost", Recipients: []string{"root"}, From: "root", To: []string{"postmaster"}},
			map[string]string{"to": `[]`, "~smtp_from": `"root@localhost"`, "~smtp_to": `["root"]`, "~from_header": `"root"`, "~to_header": `["postmaster"]`},
		},
		{"bounce", decode.Mail{Sender: "<>", Recipients: []string{"lee@example.com"}}, map[string]string{"smtp_to": `["lee@example.com"]`, "to": `["lee@example.com"]`, "~smtp_from": `"<>"`}},
		{"nothing", decode.Mail{}, map[string]string{"to": `[]`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := event.New(event.EmailActivity, time.UnixMilli(0), event.Origin{})
			decode.SetMail(e, tt.mail)
			got := map[string]string{}
			e.Each(func(p event.Path, s string, _ int64) bool {
				got[p.Name()[len("email."):]] = s
				return true
			})
			for _, u := range e.AllUnmapped() {
				got["~"+u.Name] = u.Literal
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
