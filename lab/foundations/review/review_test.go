package review_test

import (
	"testing"

	"quintain/lab/foundations/review"
	"quintain/lab/labtest"
)

func Test(t *testing.T) { labtest.Run(t, review.Exercise) }
