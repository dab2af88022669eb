package value_test

import (
	"testing"

	"quintain/attack/poisoning/poisoningtest"
	"quintain/attack/poisoning/value"
)

func Test(t *testing.T) { poisoningtest.Run(t, value.Attack) }
