package scan_test

import (
	"testing"

	"github.com/bongsu/bongsu/detect/detecttest"
	"github.com/bongsu/bongsu/detect/scan"
)

func TestScenarios(t *testing.T) { detecttest.Run(t, scan.Kind(), "testdata/*.txtar") }

func FuzzExamine(f *testing.F) { detecttest.Fuzz(f, scan.Kind()) }
