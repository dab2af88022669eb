package labelflip_test

import (
	"testing"

	"quintain/attack/poisoning/labelflip"
	"quintain/attack/poisoning/poisoningtest"
)

func Test(t *testing.T) { poisoningtest.Run(t, labelflip.Attack) }
