package fgsm_test

import (
	"testing"

	"quintain/attack/evasion/evasiontest"
	"quintain/attack/evasion/fgsm"
)

func Test(t *testing.T) { evasiontest.Linear(t, fgsm.Attack) }
