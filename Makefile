# An index to the longer commands; it holds no logic.
.PHONY: all generate lint test fuzz bench bench-scan bench-ml range-sweep cover oracle ort

all: generate lint test

generate:
	go generate ./...

lint:
	go tool -modfile=tools/go.mod golangci-lint run

test:
	go test ./...

fuzz:
	bash .ci/fuzz 30s

bench:
	go test -run '^$$' -bench . -benchtime 1x ./...

# Times the scanner on large inputs, beside picklescan where Python is present.
bench-scan:
	bash scan/testdata/bench.sh

# Times training and attack steps on one core, beside PyTorch where Python has it, and two workers beside one.
bench-ml:
	sh ml/train/testdata/bench.sh

# Proves every exercise of the range on fifty seeds.
range-sweep:
	go run ./cmd/quintain lab lint --seeds 50

cover:
	go test -coverprofile cover.out ./... && go tool cover -html cover.out

# Asks CPython what 100,000 random pickles import, and compares.
oracle:
	f=$$(mktemp -d)/oracle.jsonl.gz && python3 scan/pickle/testdata/oracle.py 100000 1 $$f && \
		QUINTAIN_ORACLE=$$f go test ./scan/pickle -run TestOracle -count 1 -v

# Tests the engine that uses ONNX Runtime, fetching the library with pip if QUINTAIN_ORT names none.
ort:
	bash ml/ort/testdata/test.sh
