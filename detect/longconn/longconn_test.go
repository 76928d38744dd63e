package longconn_test

import (
	"testing"

	"github.com/bongsu/bongsu/detect/detecttest"
	"github.com/bongsu/bongsu/detect/longconn"
)

func TestScenarios(t *testing.T) { detecttest.Run(t, longconn.Kind(), "testdata/*.txtar") }

func FuzzExamine(f *testing.F) { detecttest.Fuzz(f, longconn.Kind()) }
