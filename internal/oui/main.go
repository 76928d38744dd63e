// Command oui writes asset/oui.bin, the table of who makes which network
// interfaces, from the lists of the IEEE Registration Authority:
//
//	go run ./internal/oui --from DIR --to asset/oui.bin
//
// DIR holds oui.csv, mam.csv, oui36.csv and iab.csv as the IEEE publishes them
// (https://standards.ieee.org/products-services/regauth/) and as Debian's
// package ieee-data carries them. The IEEE asserts no copyright in the lists
// and does not restrict their distribution.
package main

import (
	"compress/flate"
	"encoding/binary"
	"encoding/csv"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

func main() {
	from := flag.String("from", "", "folder with the IEEE's lists")
	to := flag.String("to", "asset/oui.bin", "file to write")
	flag.Parse()
	if err := run(*from, *to); err != nil {
		fmt.Fprintln(os.Stderr, "oui:", err)
		os.Exit(1)
	}
}

// lengths are those of the prefixes that the IEEE gives out, in hex digits.
var lengths = [...]int{6, 7, 9}

func run(from, to string) error {
	owners := map[int]map[uint64]string{6: {}, 7: {}, 9: {}}
	for _, name := range []string{"oui.csv", "mam.csv", "oui36.csv", "iab.csv"} {
		if err := read(filepath.Join(from, name), owners); err != nil {
			return fmt.Errorf("read list: %w", err)
		}
	}
	packed, err := pack(owners)
	if err != nil {
		return fmt.Errorf("pack table: %w", err)
	}
	return os.WriteFile(to, packed, 0o644)
}

// read adds one list. Of a prefix that stands there twice the first counts.
func read(path string, owners map[int]map[uint64]string) error {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: give the folder with --from", err)
	}
	if err != nil {
		return err
	}
	defer f.Close()
	rows := csv.NewReader(f)
	for line := 1; ; line++ {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil || len(row) < 3 {
			return fmt.Errorf("%s: line %d: %w", path, line, err)
		}
		prefix, name := row[1], tidy(row[2])
		list := owners[len(prefix)]
		if line == 1 || list == nil || name == "" {
			continue
		}
		number, err := strconv.ParseUint(prefix, 16, 64)
		if err != nil {
			return fmt.Errorf("%s: line %d: prefix %q: %w", path, line, prefix, err)
		}
		if _, there := list[number]; !there {
			list[number] = name
		}
	}
}

// legal are the forms of companies, which tell nobody anything here.
var legal = regexp.MustCompile(`(?i)[\s,.]+(inc|incorporated|ltd|limited|llc|co|corp|corporation|company|gmbh|ag|sa|s\.a|s\.r\.l|srl|spa|s\.p\.a|bv|b\.v|ab|oy|as|a/s|pty|pte|plc|kg|kk|k\.k|sarl|sas|aps|l\.p|& co|private|pvt|nv|n\.v)\.?,?$`)

// tidy leaves out legal forms, and those that own a prefix only to give out
// parts of it or keep their name for themselves.
func tidy(name string) string {
	name = strings.Join(strings.Fields(name), " ")
	if name == "Private" || name == "IEEE Registration Authority" {
		return ""
	}
	for {
		shorter := strings.Trim(legal.ReplaceAllString(name, ""), " ,&")
		if shorter == name || len(shorter) < 3 {
			return name
		}
		name = shorter
	}
}

// pack writes the table in the form that asset.NewVendors reads: the names, one
// a line, and behind an empty line for each length of prefix how many there
// are, and of each how far it is behind the one before and which name it has.
func pack(owners map[int]map[uint64]string) ([]byte, error) {
	var names []string
	for _, list := range owners {
		for _, name := range list {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	var plain []byte
	for _, name := range names {
		plain = append(append(plain, name...), '\n')
	}
	plain = append(plain, '\n')
	for _, length := range lengths {
		list := owners[length]
		prefixes := make([]uint64, 0, len(list))
		for prefix := range list {
			prefixes = append(prefixes, prefix)
		}
		slices.Sort(prefixes)
		plain = binary.AppendUvarint(plain, uint64(len(prefixes)))
		before := uint64(0)
		for _, prefix := range prefixes {
			plain = binary.AppendUvarint(plain, prefix-before)
			before = prefix
		}
		for _, prefix := range prefixes {
			at, _ := slices.BinarySearch(names, list[prefix])
			plain = binary.AppendUvarint(plain, uint64(at))
		}
	}
	var out strings.Builder
	w, err := flate.NewWriter(&out, flate.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(plain); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return []byte(out.String()), nil
}
