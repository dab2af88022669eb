// Package trees finds sizes that lie, links that lead nowhere and code of
// others in models of XGBoost, LightGBM and PMML.
package trees

import (
	"bytes"
	"context"
	_ "embed"

	"quintain"
	"quintain/scan"
	"quintain/scan/internal/strictjson"
)

//go:embed trees.md
var doc string

// Format reports models of decision trees whose parts do not fit together, and
// PMML that reaches outside its file or calls functions of its host.
var Format = &scan.Format{
	Check: quintain.Check{
		Name:       "scan/trees",
		Doc:        doc,
		Techniques: []quintain.Technique{"AML.T0011.000", "AML.T0010.003", "LLM04:2026", "CWE-829", "CWE-918"},
		Accepts:    []quintain.Kind{quintain.KindArtifact},
	},
	Extensions: []string{".json", ".ubj", ".xgb", ".bst", ".deprecated", ".txt", ".lgb", ".pmml", ".xml"},
	Match:      func(_ string, head []byte) bool { return kindOf(head) != nil },
	Shared:     true,
	Inspect:    inspect,
	Twin:       twin,
}

// maxSize bounds the models that are looked at, which are held in memory.
const maxSize = 32 << 20

// A kind is one of the formats of trees.
type kind func(ctx context.Context, f *scan.File, b []byte) error

// kindOf returns the inspection for what begins with head, or nil.
func kindOf(head []byte) kind {
	switch {
	case isBinary(head):
		return binaryModel
	case isUBJSON(head):
		return ubjsonModel
	case isLightGBM(head):
		return lightgbm
	case isPMML(head):
		return pmml
	case strictjson.Begins(head, "{") && strictjson.Mentions(head, `"learner"`) &&
		strictjson.Mentions(head, `"gradient_booster"`, `"learner_model_param"`, `"feature_names"`):
		return jsonModel
	}
	return nil
}

func inspect(ctx context.Context, f *scan.File) error {
	if f.Size() > maxSize {
		return scan.Errorf(0, "a model of more than %d bytes", maxSize)
	}
	b := make([]byte, f.Size())
	if n, err := f.ReadAt(b, 0); n < len(b) {
		return scan.Errorf(0, "read: %w", err)
	}
	k := kindOf(b[:min(len(b), scan.HeadSize)])
	if k == nil {
		return scan.Errorf(0, "no model of trees")
	}
	if err := k(ctx, f, b); err != nil {
		return err
	}
	f.Account(scan.Parsed, f.Size())
	return ctx.Err()
}

// twin is a model in PMML that reads a file of the system.
func twin() (name string, data []byte) {
	return "twin.pmml", []byte(`<?xml version="1.0"?><!DOCTYPE PMML [<!ENTITY x SYSTEM "file:///etc/hostname">]><PMML version="4.4" xmlns="http://www.dmg.org/PMML-4_4"><Header/></PMML>`)
}

// blank reports whether b is only space.
func blank(b []byte) bool { return len(bytes.TrimSpace(b)) == 0 }
