# An index to the longer commands; it holds no logic.
.PHONY: all generate lint test fuzz bench cover

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

cover:
	go test -coverprofile cover.out ./... && go tool cover -html cover.out
