#!/usr/bin/env bash
# Makes a client's types from the description of the API, builds examples/client with them, and runs it.
#
#   tests/service/client.sh REWARDS
set -eu -o pipefail
rewards=$(realpath "$1")
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
SERVICE_TOKEN=$("$rewards" token --data "$data" --sub till --role service)
MANAGER_TOKEN=$("$rewards" token --data "$data" --sub ann --role manager)
export REWARDS_URL SERVICE_TOKEN MANAGER_TOKEN
cp -r examples/client "$data/client"
cd "$data/client"
rm -rf node_modules
npm ci --silent
npm run --silent types
npm start --silent
