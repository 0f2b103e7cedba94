# Sourced by scripts that ask a service: starts `$rewards` on a store of its own in `$data`, whatever the environment says, and
# ends it with the script. Sets `data` and `url`.
data=$(mktemp -d)
unset DATABASE_URL DB_HOST REDIS_URL REDIS_HOST JWT_SECRET JWKS_URL MASTER_KEY REWARDS_CONFIG REWARDS_DATA || true
"$rewards" serve --data "$data" --port 0 >"$data/out" 2>"$data/log" </dev/null &
server=$!
trap 'kill $server 2>/dev/null || true; wait $server 2>/dev/null || true; rm -rf "$data"' EXIT
until grep -qs 'listens on' "$data/out"; do
    kill -0 $server || { cat "$data/out" "$data/log" >&2; exit 1; }
    sleep 0.1
done
url=$(sed -n 's/.*listens on //p' "$data/out")
