package blended_test

import (
	"testing"

	"quintain/attack/poisoning/blended"
	"quintain/attack/poisoning/poisoningtest"
)

func Test(t *testing.T) { poisoningtest.Run(t, blended.Attack) }
