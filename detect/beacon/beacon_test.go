package beacon_test

import (
	"testing"

	"github.com/bongsu/bongsu/detect/beacon"
	"github.com/bongsu/bongsu/detect/detecttest"
)

func TestScenarios(t *testing.T) { detecttest.RunAll(t, beacon.Kinds(), "testdata/*.txtar") }

func FuzzExamine(f *testing.F) { detecttest.Fuzz(f, beacon.Kinds()...) }
