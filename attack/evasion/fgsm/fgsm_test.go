package fgsm_test

import (
	"testing"

	"quintain/attack/attacktest"
	"quintain/attack/evasion/fgsm"
)

func Test(t *testing.T) { attacktest.Linear(t, fgsm.Attack) }
