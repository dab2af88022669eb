package cleanlabel_test

import (
	"testing"

	"quintain/attack/poisoning/cleanlabel"
	"quintain/attack/poisoning/poisoningtest"
)

func Test(t *testing.T) { poisoningtest.Run(t, cleanlabel.Attack) }
