package file

import (
	"bytes"
	"strings"
)

// packing is how bytes are packed, by their first bytes.
type packing int

const (
	plain packing = iota
	gzipped
	zstdPacked
	xzPacked
	bzipped
	zipArchive
	tarArchive
)

func packingOf(head []byte) packing {
	has := func(magic string) bool { return bytes.HasPrefix(head, []byte(magic)) }
	switch {
	case has("\x1f\x8b\x08"):
		return gzipped
	case has("\x28\xb5\x2f\xfd"), len(head) >= 4 && head[0]&0xf0 == 0x50 && string(head[1:4]) == "\x2a\x4d\x18":
		return zstdPacked
	case has("\xfd7zXZ\x00"):
		return xzPacked
	case len(head) >= 10 && has("BZh") && head[3] >= '1' && head[3] <= '9' && string(head[4:10]) == "1AY&SY":
		return bzipped
	case has("PK\x03\x04"), has("PK\x05\x06"), has("PK\x07\x08PK\x03\x04"):
		return zipArchive
	case isTar(head):
		return tarArchive
	}
	return plain
}

// isTar checks the sum of the first header, which every tar has since V7.
func isTar(head []byte) bool {
	if len(head) < 512 || head[0] == 0 {
		return false
	}
	field := strings.Trim(string(head[148:156]), " \x00")
	if field == "" {
		return false
	}
	var want int64
	for _, c := range field {
		if c < '0' || c > '7' {
			return false
		}
		want = want<<3 | int64(c-'0')
	}
	unsigned, signed := int64(8*' '), int64(8*' ')
	for i, c := range head[:512] {
		if i < 148 || i >= 156 {
			unsigned += int64(c)
			signed += int64(int8(c))
		}
	}
	return want == unsigned || want == signed
}

// captureFormat names the format of a capture, "" if it is none.
func captureFormat(head []byte) string {
	if len(head) < 12 {
		return ""
	}
	switch string(head[:4]) {
	case "\xa1\xb2\xc3\xd4", "\xd4\xc3\xb2\xa1", // microseconds
		"\xa1\xb2\x3c\x4d", "\x4d\x3c\xb2\xa1", // nanoseconds
		"\xa1\xb2\xcd\x34", "\x34\xcd\xb2\xa1": // with Kuznetzov's longer packet headers
		return "pcap"
	case "\x0a\x0d\x0d\x0a":
		if m := string(head[8:12]); m == "\x1a\x2b\x3c\x4d" || m == "\x4d\x3c\x2b\x1a" {
			return "pcapng"
		}
	}
	return ""
}

// formats that people hand in by mistake, or that Bongsu does not read yet.
var known = []struct {
	offset int
	magic  string
	name   string
}{
	{0, "ElfFile\x00", "a Windows event log (EVTX)"},
	{0, "ElfChnk\x00", "a chunk of a Windows event log (EVTX)"},
	{0, "\x7fELF", "a Linux program (ELF)"},
	{0, "MZ", "a Windows program (PE)"},
	{0, "\x89PNG\r\n\x1a\n", "a PNG image"},
	{0, "\xff\xd8\xff", "a JPEG image"},
	{0, "GIF8", "a GIF image"},
	{0, "%PDF-", "a PDF document"},
	{0, "{\\rtf", "an RTF document"},
	{0, "SQLite format 3\x00", "an SQLite database"},
	{0, "PAR1", "a Parquet file"},
	{0, "7z\xbc\xaf\x27\x1c", "a 7-Zip archive, which Bongsu does not unpack"},
	{0, "Rar!\x1a\x07", "a RAR archive, which Bongsu does not unpack"},
	{0, "\x1f\x9d", "a file packed by compress, which Bongsu does not unpack"},
	{0, "LZIP", "a file packed by lzip, which Bongsu does not unpack"},
	{0, "\x04\x22\x4d\x18", "a file packed by lz4, which Bongsu does not unpack"},
	{0, "\xca\xfe\xba\xbe", "a Java class or a macOS program"},
	{0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office document"},
	{0, "OggS", "an Ogg recording"},
	{0, "RIFF", "a RIFF recording (AVI, WAV)"},
	{4, "ftyp", "an MP4 recording"},
	{0, "\x0c\xa5", "a flow file of nfdump"},
	{0, "\xa5\x0c", "a flow file of nfdump"},
	{0, "LPKSHHRH", "a systemd journal"},
	{0, "\x93NUMPY", "a NumPy array"},
	{0, "regf", "a Windows registry hive"},
	{0, "snoop\x00\x00\x00", "a capture of Solaris snoop, which Bongsu does not read: convert it with `editcap -F pcapng`"},
	{0, "GMBU", "a capture of Network Monitor, which Bongsu does not read: convert it with `editcap -F pcapng`"},
	{0, "RTSS", "a capture of Network Monitor, which Bongsu does not read: convert it with `editcap -F pcapng`"},
}

// binaryName names bytes that are no text, "" if they are text.
func binaryName(head []byte) string {
	for _, k := range known {
		if len(head) >= k.offset && bytes.HasPrefix(head[k.offset:], []byte(k.magic)) {
			if k.name == "a Windows program (PE)" && bytes.IndexByte(head, 0) < 0 {
				continue
			}
			return k.name
		}
	}
	if len(head) > 20 && head[3] == 0 && (string(head[1:3]) == "\x05\x00" || string(head[1:3]) == "\x09\x00") {
		return "NetFlow packets as bytes, which Bongsu does not read from files"
	}
	odd := 0
	for _, c := range head {
		if c < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != '\f' && c != 0x1b || c == 0x7f {
			odd++
		}
	}
	// A log line may hold a few stray bytes, and lines that a power cut filled with zeros.
	if odd*10 > len(head) {
		return "binary data of a kind that Bongsu does not know"
	}
	return ""
}

// textName says what a text that is no log looks like.
func textName(head []byte) string {
	t := bytes.TrimSpace(head)
	first, _, _ := bytes.Cut(t, []byte("\n"))
	lower := bytes.ToLower(first)
	switch {
	case len(t) == 0:
		return "a text of white space only"
	case bytes.HasPrefix(lower, []byte("<!doctype html")), bytes.HasPrefix(lower, []byte("<html")):
		return "an HTML page"
	case t[0] == '<' && bytes.ContainsAny(first, "/?>!"):
		return "an XML document"
	case t[0] == '{' || t[0] == '[':
		return "JSON of a kind that Bongsu does not know"
	case bytes.HasPrefix(first, []byte("#!")):
		return "a script"
	case bytes.HasPrefix(first, []byte("# ")), bytes.HasPrefix(first, []byte("---")):
		return "a document or a settings file"
	case bytes.Count(first, []byte(",")) >= 3:
		return "a table (CSV) of a kind that Bongsu does not know"
	case bytes.Count(first, []byte("\t")) >= 3:
		return "a table (TSV) of a kind that Bongsu does not know"
	}
	return "a text in which Bongsu knows no log"
}
