#!/usr/bin/env bash
# Lets schemathesis ask whatever the description of the API allows, and more: no answer may be a failure of the service
# or one that the description does not have.
#
#   tests/service/fuzz-api.sh REWARDS SCHEMATHESIS
set -eu -o pipefail
rewards=$(realpath "$1")
# Not through links: a program of a Python environment finds the environment by its own path.
schemathesis=$(cd "$(dirname "$2")" && pwd)/$(basename "$2")
. "$(dirname "$0")/start.sh"
cd "$data"
token=$("$rewards" token --data "$data" --sub fuzz --role user --role manager --role admin --role system --role service)
"$schemathesis" run "$url/openapi.json" --header "Authorization: Bearer $token" --seed 1 --max-examples "${API_EXAMPLES:-25}" \
    --phases examples,coverage,fuzzing --continue-on-failure --no-color \
    --checks not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance
# What came of all that still holds together.
kill $server && wait $server || true
"$rewards" ledger verify --data "$data"
