#!/bin/sh
# Measures the scanner on the inputs whose speed is promised, and prints a
# Markdown table. Run it from the root of the module:
#
#     scan/testdata/bench.sh [binary]
#
# It needs 2.4 GB in the temporary folder, and /usr/bin/time of GNU. Without a
# binary it builds one. If Python is there, picklescan from the package index
# is measured beside it; set PICKLESCAN to its program to use another one, or
# to "none". It needs 50 bytes of memory for each byte of a pickle, so that the
# large one is left to the scanner alone unless FULL is set.
set -eu

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
go run ./scan/testdata/bench "$work"

binary=${1-}
if [ -z "$binary" ]; then
	go build -o "$work/quintain" ./cmd/quintain
	binary=$work/quintain
fi

other=${PICKLESCAN-}
if [ -z "$other" ] && command -v python3 >/dev/null; then
	python3 -m venv "$work/venv" >&2 && "$work/venv/bin/pip" install -q picklescan numpy >&2 && other=$work/venv/bin/picklescan || other=none
fi
: "${other:=none}"

# measure prints CPU seconds, peak KiB and exit status of a command.
measure() {
	status=0
	/usr/bin/time -q -o "$work/time" -f '%U %S %M' "$@" >"$work/out" 2>&1 || status=$?
	awk -v s="$status" '{ printf "%.2f %d %d\n", $1 + $2, $3, s }' "$work/time"
}

row() { # name, file, CPU seconds allowed, MiB allowed
	set -- "$1" "$work/$2" "$3" "$4" $(measure "$binary" scan "$work/$2")
	theirs='- - -'
	if [ "$other" != none ] && { [ "$2" != "$work/large.pkl" ] || [ -n "${FULL-}" ]; }; then
		theirs=$(measure "$other" --path "$2")
	fi
	echo "$@" $theirs
}

echo "| input | CPU s | allowed | peak MiB | allowed | status | picklescan CPU s | MiB | status | CPU ratio | memory ratio |"
echo "|---|---|---|---|---|---|---|---|---|---|---|"
{
	row pickle-200-MiB large.pkl 1.5 256
	row pickle-20-MiB small.pkl - -
	row torch-zip-1-GiB model.pt 3 64
	row safetensors-1-GiB model.safetensors 1.5 32
	row 2000-small-pickles folder 0.5 -
	row 40-byte-file tiny.pkl 0.02 -
} | awk '{
	cpu = $8 == "-" || $5 == 0 ? "-" : sprintf("%.2f", $8 / $5)
	mem = $9 == "-" ? "-" : sprintf("%.1f", $9 / $6)
	theirs = $9 == "-" ? "-" : sprintf("%.0f", $9 / 1024)
	printf "| %s | %s | %s | %.0f | %s | %s | %s | %s | %s | %s | %s |\n", $1, $5, $3, $6 / 1024, $4, $7, $8, theirs, $10, cpu, mem
}'

# A program that starts this fast is below the clock of one run.
start=$(date +%s%N)
for _ in 1 2 3 4 5 6 7 8 9 10; do "$binary" scan "$work/tiny.pkl" >/dev/null 2>&1 || true; done
end=$(date +%s%N)
echo
echo "Start to verdict of the 40-byte file, mean wall time of ten: $(((end - start) / 10000000)) ms, allowed 20."
