#!/usr/bin/env bash
# Tests package ort with the library that QUINTAIN_ORT names, or else with the
# one in the Python package onnxruntime, which is fetched for it. Arguments are
# for go test:
#
#     bash ml/ort/testdata/test.sh -run '^$' -bench Ratio -cpu 1
set -euo pipefail
cd "$(dirname "$0")/../../.."

if [ -z "${QUINTAIN_ORT:-}" ]; then
	python3 -m pip --version >/dev/null || { echo "set QUINTAIN_ORT to the path of libonnxruntime, or install pip"; exit 1; }
	dir=$(mktemp -d)
	trap 'rm -rf "$dir"' EXIT
	python3 -m pip download --quiet --no-deps --dest "$dir" onnxruntime
	python3 -m zipfile -e "$dir"/onnxruntime-*.whl "$dir"
	QUINTAIN_ORT=$(find "$dir/onnxruntime/capi" -name 'libonnxruntime.*' | head -n 1)
	[ -n "$QUINTAIN_ORT" ] || { echo "the package holds no libonnxruntime"; exit 1; }
fi
export QUINTAIN_ORT
echo "testing with $(basename "$QUINTAIN_ORT")"
go test -tags ort -count 1 "$@" ./ml/ort
[ $# -gt 0 ] || go test -tags ort -count 1 -run TestEngine ./internal/cli
