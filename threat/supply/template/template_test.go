package template_test

import (
	"testing"

	"quintain/threat/supply/template"
	"quintain/threat/threattest"
)

func Test(t *testing.T) { threattest.Run(t, template.Rule) }
