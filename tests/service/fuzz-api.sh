#!/usr/bin/env bash
# Lets schemathesis ask whatever the description of the API allows, and more: no answer may be a failure of the service
# or one that the description does not have.
#
#   tests/service/fuzz-api.sh REWARDS SCHEMATHESIS
set -eu -o pipefail
rewards=$(realpath "$1")
# Not through links: a program of a Python environment finds the environment by its own path.
schemathesis=$(cd "$(dirname "$2")" && pwd)/$(basename "$2")
data=$(mktemp -d)
cd "$data"
unset DATABASE_URL DB_HOST REDIS_URL REDIS_HOST JWT_SECRET JWKS_URL MASTER_KEY REWARDS_CONFIG REWARDS_DATA || true
"$rewards" serve --data "$data" --port 0 >"$data/out" 2>"$data/log" </dev/null &
server=$!
trap 'kill $server 2>/dev/null || true; wait $server 2>/dev/null || true; rm -rf "$data"' EXIT
until grep -q 'listens on' "$data/out"; do
    kill -0 $server || { cat "$data/out" "$data/log" >&2; exit 1; }
    sleep 0.1
done
url=$(sed -n 's/.*listens on //p' "$data/out")
token=$("$rewards" token --data "$data" --sub fuzz --role user --role manager --role admin --role system --role service)
"$schemathesis" run "$url/openapi.json" --header "Authorization: Bearer $token" --seed 1 --max-examples "${API_EXAMPLES:-25}" \
    --phases examples,coverage,fuzzing --continue-on-failure --no-color \
    --checks not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance
# What came of all that still holds together.
kill $server && wait $server || true
"$rewards" ledger verify --data "$data"
