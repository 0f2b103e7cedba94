#!/usr/bin/env bash
# Makes the types of the API for the admin page from the description that a running service gives, or compares.
#
#   rewards-host/admin/types.sh REWARDS [--check]
set -eu -o pipefail
rewards=$(realpath "$1")
cd "$(dirname "$0")"
. ../../tests/service/start.sh
to=src/api/schema.d.ts
[ "${2:-}" != --check ] || to=$data/schema.d.ts
npx --no-install openapi-typescript "$url/openapi.json" --output "$to" >"$data/types" 2>&1 || { cat "$data/types" >&2; exit 1; }
[ "${2:-}" = --check ] || exit 0
cmp -s "$to" src/api/schema.d.ts && exit 0
diff "$to" src/api/schema.d.ts | head -20 >&2 || true
echo "error: the API has other types than the admin page knows: run \`make page-types\`" >&2
exit 1
