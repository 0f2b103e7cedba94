#!/usr/bin/env bash
# Makes the types of the API for the admin page from the description that a running service gives, or compares.
#
#   rewards-host/admin/types.sh REWARDS [--check]
set -eu -o pipefail
rewards=$(realpath "$1")
cd "$(dirname "$0")"
data=$(mktemp -d)
unset DATABASE_URL DB_HOST REDIS_URL REDIS_HOST JWT_SECRET JWKS_URL MASTER_KEY REWARDS_CONFIG REWARDS_DATA || true
"$rewards" serve --data "$data" --port 0 >"$data/out" 2>"$data/log" </dev/null &
server=$!
trap 'kill $server 2>/dev/null || true; wait $server 2>/dev/null || true; rm -rf "$data"' EXIT
until grep -q 'listens on' "$data/out"; do
    kill -0 $server || { cat "$data/out" "$data/log" >&2; exit 1; }
    sleep 0.1
done
REWARDS_URL=$(sed -n 's/.*listens on //p' "$data/out")
to=src/api/schema.d.ts
[ "${2:-}" != --check ] || to=$data/schema.d.ts
npx --no-install openapi-typescript "$REWARDS_URL/openapi.json" --output "$to" >"$data/types" 2>&1 || { cat "$data/types" >&2; exit 1; }
[ "${2:-}" = --check ] || exit 0
cmp -s "$to" src/api/schema.d.ts && exit 0
diff "$to" src/api/schema.d.ts | head -20 >&2 || true
echo "error: the API has other types than the admin page knows: run \`make page-types\`" >&2
exit 1
