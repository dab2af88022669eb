package feedback_test

import (
	"testing"

	"quintain/threat/threattest"
	"quintain/threat/training/feedback"
)

func Test(t *testing.T) { threattest.Run(t, feedback.Rule) }
