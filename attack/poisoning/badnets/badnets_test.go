package badnets_test

import (
	"testing"

	"quintain/attack/poisoning/badnets"
	"quintain/attack/poisoning/poisoningtest"
)

func Test(t *testing.T) { poisoningtest.Run(t, badnets.Attack) }
