package embedding_test

import (
	"testing"

	"quintain/threat/rag/embedding"
	"quintain/threat/threattest"
)

func Test(t *testing.T) { threattest.Run(t, embedding.Rule) }
