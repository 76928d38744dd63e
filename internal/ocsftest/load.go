package ocsftest

import (
	"os"
	"path/filepath"
	"testing"
)

// Folder is where the schema stands in a folder of test data.
const Folder = "intel/ocsf-schema"

// Load compiles the schema of the public test data. Without BONGSU_TESTDATA
// the test is skipped.
func Load(t testing.TB) *Schema {
	t.Helper()
	data := os.Getenv("BONGSU_TESTDATA")
	if data == "" {
		t.Skip("BONGSU_TESTDATA is not set: the OCSF schema is not at hand")
	}
	s, err := Compile(filepath.Join(data, filepath.FromSlash(Folder)))
	if err != nil {
		t.Fatal(err)
	}
	return s
}
