package cleartext_test

import (
	"testing"

	"github.com/bongsu/bongsu/detect/cleartext"
	"github.com/bongsu/bongsu/detect/detecttest"
)

func TestScenarios(t *testing.T) { detecttest.Run(t, cleartext.Kind(), "testdata/*.txtar") }

func FuzzExamine(f *testing.F) { detecttest.Fuzz(f, cleartext.Kind()) }
