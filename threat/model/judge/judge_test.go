package judge_test

import (
	"testing"

	"quintain/threat/model/judge"
	"quintain/threat/threattest"
)

func Test(t *testing.T) { threattest.Run(t, judge.Rule) }
