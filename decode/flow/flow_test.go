package flow_test

import (
	"testing"

	"github.com/bongsu/bongsu/decode/decodetest"
	"github.com/bongsu/bongsu/decode/flow"
)

var update = decodetest.UpdateFlag()

func TestGolden(t *testing.T)      { decodetest.Golden(t, flow.Kind(), "testdata/*.csv", *update) }
func FuzzDecode(f *testing.F)      { decodetest.Fuzz(f, flow.Kind(), "testdata/*.csv") }
func BenchmarkDecode(b *testing.B) { decodetest.Benchmark(b, flow.Kind(), "testdata/binetflow.csv") }

func TestSniff(t *testing.T) {
	for head, want := range map[string]int{
		"StartTime,Dur,Proto,SrcAddr,Sport,Dir,DstAddr,Dport,State\n":                              97,
		"# remark\nstime\tproto\tsaddr\tdir\tdaddr\n":                                              97,
		"  StartTime  Flgs  Proto  SrcAddr  Sport  Dir  DstAddr  Dport  TotPkts  TotBytes State\n": 97,
		"2026-03-01 09:30:00.3,0.0,tcp,192.0.2.1,4,->,198.51.100.7,80,FSA_FSA,0,0,10,1420,630,\n":  85,
		"time,proto,source,destination,note\n":                                                     0,
		"Date,Open,High,Low,Close,Volume,Adj,a,b,c,d,e,f,g\n":                                      0,
		"Mar  1 09:30:00 gate sshd[1]: Failed password for root from 192.0.2.1 port 1 ssh2\n":      0,
		"": 0,
	} {
		if got := flow.Kind().Sniff([]byte(head)); got != want {
			t.Errorf("%.60q: %d, want %d", head, got, want)
		}
	}
}
