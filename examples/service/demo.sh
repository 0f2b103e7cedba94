#!/usr/bin/env bash
# Starts the service on an embedded store with the sample program, posts a year of purchases, and asks about a member.
# The service goes on running; `kill $(cat target/demo-data/pid)` ends it.
set -eu -o pipefail
cd "$(dirname "$0")/../.."
rewards=target/debug/rewards
# Whatever this machine has set up, the demo keeps to a folder of its own.
unset DATABASE_URL DB_HOST REDIS_URL REDIS_HOST JWT_SECRET JWKS_URL MASTER_KEY REWARDS_CONFIG REWARDS_DATA PORT HOST || true
data=target/demo-data

command -v curl >/dev/null || { echo "error: there is no curl, with which the service is asked; install it (Debian: apt-get install curl)" >&2; exit 1; }
[ ! -f "$data/pid" ] || kill "$(cat "$data/pid")" 2>/dev/null || true
rm -rf "$data" && mkdir -p "$data"

port=3009
if (exec 3<>/dev/tcp/127.0.0.1/$port) 2>/dev/null; then port=0; fi
nohup "$rewards" serve --data "$data" --port "$port" >"$data/out" 2>"$data/log" </dev/null &
echo $! >"$data/pid"
for _ in $(seq 100); do
    grep -q 'listens on' "$data/out" && break
    kill -0 "$(cat "$data/pid")" 2>/dev/null || { cat "$data/out" "$data/log" >&2; exit 1; }
    sleep 0.1
done
url=$(sed -n 's/.*listens on //p' "$data/out")
service=$("$rewards" token --data "$data" --sub demo --role service)
manager=$("$rewards" token --data "$data" --sub till --role manager --role admin --expires 8h)

echo "-- the purchases of 300 households, through POST /api/v1/cashback/calculate/batch"
"$rewards" send --url "$url" --token "$service" --transactions examples/purchases/purchases.csv --members examples/purchases/members.csv

ask() {
    printf '\n-- GET %s\n' "$1"
    curl --silent --show-error --fail --header "Authorization: Bearer $manager" "$url$1"
    echo
}
ask /api/v1/rewards/h102
ask /api/v1/loyalty/h102/status
ask /api/v1/cashback/h102/summary
ask /api/v1/cashback/outcomes/b000001-grocery

# A command that was built without the admin page answers 404 there.
page="" use="to ask it with"
if [ "$(curl --silent --output /dev/null --write-out '%{http_code}' "$url/admin/")" = 200 ]; then
    page=", its admin page: $url/admin" use="to sign in to the page with"
fi

cat <<END

The service listens on $url (its API: $url/docs$page); its log is $data/log.
A token of a manager, for eight hours, $use:
$manager
kill \$(cat $data/pid) ends it.
END
