#!/usr/bin/env bash
# Makes a client's types from the description of the API, builds examples/client with them, and runs it.
#
#   tests/service/client.sh REWARDS
set -eu -o pipefail
rewards=$(realpath "$1")
. "$(dirname "$0")/start.sh"
REWARDS_URL=$url
SERVICE_TOKEN=$("$rewards" token --data "$data" --sub till --role service)
MANAGER_TOKEN=$("$rewards" token --data "$data" --sub ann --role manager)
export REWARDS_URL SERVICE_TOKEN MANAGER_TOKEN
cp -r examples/client "$data/client"
cd "$data/client"
rm -rf node_modules
npm ci --silent
npm run --silent types
npm start --silent
