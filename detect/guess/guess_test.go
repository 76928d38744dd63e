package guess_test

import (
	"testing"

	"github.com/bongsu/bongsu/detect/detecttest"
	"github.com/bongsu/bongsu/detect/guess"
)

func TestScenarios(t *testing.T) { detecttest.RunAll(t, guess.Kinds(), "testdata/*.txtar") }

func FuzzExamine(f *testing.F) { detecttest.Fuzz(f, guess.Kinds()...) }
