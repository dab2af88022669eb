#!/bin/sh
# Measures training and the steps of attacks on nets, and prints processor time
# in milliseconds as a Markdown table: beside PyTorch, the same by private
# training beside plain, and what a second worker brings on the clock. Run it
# from the root of the module:
#
#     ml/train/testdata/bench.sh [rounds]
#
# In each round everything runs once, in turn and on one core, because the load
# of a machine changes; a figure is the median of the rounds, 5 unless told. Set
# PYTHON to a program that knows PyTorch, if python3 does not.
set -eu

rounds=${1-5}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
go test -c -o "$work/train.test" ./ml/train

pin=
command -v taskset >/dev/null && pin="taskset -c 0"
python=${PYTHON-python3}
torch=yes
"$python" -c 'import torch' 2>/dev/null || torch=

for i in $(seq "$rounds"); do
	echo "round $i of $rounds" >&2
	# BenchmarkEpoch/mlp/32  8  123 ns/op  4.5 cpu-ms/op  becomes  Epoch/mlp/32 4.5
	$pin "$work/train.test" -test.run '^$' -test.bench 'Epoch|Step' -test.cpu 1 -test.benchtime 20x |
		awk '/^Benchmark/ { for (i = 3; i <= NF; i++) if ($i == "cpu-ms/op") print substr($1, 10), $(i-1) }' >>"$work/ours"
	[ -z "$torch" ] || $pin "$python" ml/train/testdata/bench_torch.py >>"$work/torch"
	"$work/train.test" -test.run '^$' -test.bench Workers -test.cpu 2 -test.benchtime 20x |
		awk '/^Benchmark/ { for (i = 3; i <= NF; i++) if ($i == "ns/op") print substr($1, 10), $(i-1) / 1e6 }' | sed 's/-2 / /' >>"$work/clock"
done

# median prints the median of each name of a file, in the order of their first.
median() {
	awk '{ if (!($1 in n)) name[++names] = $1; v[$1, ++n[$1]] = $2 }
		END { for (k = 1; k <= names; k++) { m = name[k]; c = n[m]
			for (i = 1; i <= c; i++) for (j = i; j > 1 && v[m, j] < v[m, j-1]; j--) { t = v[m, j]; v[m, j] = v[m, j-1]; v[m, j-1] = t }
			print m, c % 2 ? v[m, (c+1)/2] : (v[m, c/2] + v[m, c/2+1]) / 2 } }' "$1"
}
for f in "$work"/*; do
	case $f in *.test) ;; *) median "$f" >"$f.median" ;; esac
done

if [ -n "$torch" ]; then
	printf '| Processor time, one thread | Quintain ms | PyTorch ms | Ratio |\n|---|---:|---:|---:|\n'
	awk 'NR == FNR { t[$1] = $2; next } $1 in t { printf "| %s | %.2f | %.2f | %.2f |\n", $1, $2, t[$1], $2 / t[$1] }' "$work/torch.median" "$work/ours.median"
else
	echo "PyTorch is not here ($python cannot import torch), so nothing is compared with it."
	printf '\n| Processor time, one thread | Quintain ms |\n|---|---:|\n'
	awk '{ printf "| %s | %.2f |\n", $1, $2 }' "$work/ours.median"
fi
printf '\n| Private training | ms | Plain ms | Ratio |\n|---|---:|---:|---:|\n'
awk '{ v[$1] = $2 } $1 ~ /\/private/ { p = $1; sub("/private", "", p); private[p] = $2 }
	END { for (p in private) printf "| %s | %.2f | %.2f | %.2f |\n", p, private[p], v[p], private[p] / v[p] }' "$work/ours.median" | sort
printf '\n| Clock | One worker ms | Two ms | Faster by |\n|---|---:|---:|---:|\n'
awk '{ v[$1] = $2 } $1 ~ /\/1$/ { p = $1; sub("/1$", "", p); names[++n] = p }
	END { for (i = 1; i <= n; i++) { p = names[i]; printf "| %s | %.2f | %.2f | %.2f |\n", p, v[p "/1"], v[p "/2"], v[p "/1"] / v[p "/2"] } }' "$work/clock.median"
uptime
