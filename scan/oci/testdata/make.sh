#!/bin/sh
# Makes an image with umoci, as its layout and as docker save writes it, with
# one layer that holds two pickles and deletes a file. The pickles do nothing,
# and are never loaded. Needs umoci and skopeo. Times differ from run to run.
set -e
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
cd "$work"
printf '\200\004}\224.' > good.pkl
printf "cos\nsystem\n(S'true'\ntR." > evil.pkl
umoci init --layout img
umoci new --image img:v1
umoci insert --rootless --image img:v1 good.pkl /model/good.pkl
umoci insert --rootless --image img:v1 evil.pkl /model/evil.pkl
umoci insert --rootless --whiteout --image img:v1 /model/good.pkl
umoci config --image img:v1 --config.entrypoint python3 --config.entrypoint /serve.py --config.env MODEL=/model \
	--created 2026-01-01T00:00:00Z --history.created 2026-01-01T00:00:00Z --author ''
umoci gc --layout img
tar --sort=name --owner=0 --group=0 --mtime=@1700000000 -C img -cf "$here/image.oci.tar" oci-layout index.json blobs
rm -f "$here/image.docker.tar"
skopeo copy -q oci:img:v1 docker-archive:"$here/image.docker.tar":quintain:v1
rm -r "$work"
