package deepfool_test

import (
	"testing"

	"quintain/attack/evasion/deepfool"
	"quintain/attack/evasion/evasiontest"
)

func Test(t *testing.T) { evasiontest.Linear(t, deepfool.Attack) }

// The distances of a linear model are known exactly.
func TestDistances(t *testing.T) { evasiontest.Distances(t, deepfool.Attack, 0, 1.001) }
