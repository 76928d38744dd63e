package eventstore_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"github.com/bongsu/bongsu/event"
	"github.com/bongsu/bongsu/eventstore"
)

func TestSegmentWriter(t *testing.T) {
	at := time.Date(2026, 3, 1, 9, 0, 0, 1234, time.UTC)
	one := event.New(event.NetworkActivity, at, event.Origin{Source: "aa", Position: 1})
	one.SetStr(event.SrcIP, "192.0.2.1")
	one.SetInt(event.SrcPort, 4000)
	one.AddUnmappedStr("conn_state", "SF")
	one.AddUnmappedInt("ip_bytes_out", 9)
	two := event.New(event.Authentication, at.Add(time.Second), event.Origin{Source: "aa", Position: 2})
	two.SetBool(event.IsCleartext, true)
	two.SetStr(event.UserName, "홍길동")

	var file bytes.Buffer
	w := eventstore.NewSegmentWriter(&file, nil)
	if err := errors.Join(w.Write(event.Frame{one, two}), w.Write(event.Frame{one}), w.Close()); err != nil {
		t.Fatal(err)
	}
	got := read(t, file.Bytes())
	want := []map[string]string{
		{"class_uid": "4001", "time": fmt.Sprint(at.UnixNano()), "metadata.uid": "evt_aa_1_0", "src_endpoint.ip": "192.0.2.1", "src_endpoint.port": "4000", "unmapped.key_value.key": "conn_state,ip_bytes_out", "unmapped.key_value.value": `"SF",9`},
		{"class_uid": "3002", "time": fmt.Sprint(at.Add(time.Second).UnixNano()), "metadata.uid": "evt_aa_2_0", "is_cleartext": "true", "user.name": "홍길동"},
	}
	want = append(want, want[0])
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("segment (-want +got):\n%s", diff)
	}
}

// read returns the values of every row that are not null, by column.
func read(t *testing.T, file []byte) []map[string]string {
	t.Helper()
	f, err := parquet.OpenFile(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	names := make([]string, len(f.Schema().Columns()))
	for i, path := range f.Schema().Columns() {
		names[i] = path[0]
		for _, p := range path[1:] {
			names[i] += "." + p
		}
	}
	var out []map[string]string
	for _, group := range f.RowGroups() {
		rows := group.Rows()
		buf := make([]parquet.Row, 8)
		for {
			n, err := rows.ReadRows(buf)
			for _, row := range buf[:n] {
				values := map[string]string{}
				for _, v := range row {
					if v.IsNull() {
						continue
					}
					name := names[v.Column()]
					if old, ok := values[name]; ok {
						values[name] = old + "," + v.String()
					} else {
						values[name] = v.String()
					}
				}
				out = append(out, values)
			}
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := rows.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return out
}
