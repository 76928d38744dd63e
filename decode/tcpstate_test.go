package decode_test

import (
	"testing"

	"github.com/bongsu/bongsu/decode"
)

func TestTCPState(t *testing.T) {
	const fin, syn, rst, ack = decode.FIN, decode.SYN, decode.RST, decode.ACK
	tests := []struct {
		client, server uint8
		want           string
	}{
		{0, 0, ""},
		{syn, 0, "S0"},
		{syn | rst, 0, "RSTOS0"},
		{syn | fin, 0, "SH"},
		{syn, rst | ack, "REJ"},
		{syn | ack, syn | ack, "S1"},
		{syn | ack | fin, syn | ack, "S2"},
		{syn | ack, syn | ack | fin, "S3"},
		{syn | ack | fin, syn | ack | fin, "SF"},
		{syn | ack | fin | rst, syn | ack | fin, "SF"},
		{syn | ack | rst, syn | ack | fin, "RSTO"},
		{syn | ack | fin, syn | ack | rst, "RSTR"},
		{ack, ack, "OTH"},
		{0, syn | ack | rst, "RSTRH"},
		{0, syn | ack | fin, "SHR"},
	}
	for _, tt := range tests {
		if got := decode.TCPState(tt.client, tt.server); got != tt.want {
			t.Errorf("TCPState(%#x, %#x) = %q, want %q", tt.client, tt.server, got, tt.want)
		}
	}
}
