#!/usr/bin/env bash
# Builds the Python package as fast as it gets, into an environment of its own below target/, and measures it.
set -eu -o pipefail
cd "$(dirname "$0")/../../.."
venv=target/venv-bench
[ -x "$venv/bin/python" ] || "${PYTHON:-python3}" -m venv "$venv"
pip="$venv/bin/pip --quiet --disable-pip-version-check"
$pip install 'maturin>=1.9.4,<2' 'polars>=1.10' 'pyarrow>=18'
rm -rf target/wheels-bench
"$venv/bin/maturin" build --locked --profile dist --manifest-path bindings/python/Cargo.toml --interpreter "$venv/bin/python" \
    --out target/wheels-bench >target/wheels-bench.log 2>&1 || { cat target/wheels-bench.log >&2; exit 1; }
$pip install --no-index --no-deps --force-reinstall target/wheels-bench/rewards-*.whl
spread=target/dist/examples/spread
[ -x "$spread" ] || { echo "error: there is no $spread; \`make bench\` builds it" >&2; exit 1; }
REWARDS_SPREAD="$spread" "$venv/bin/python" bindings/python/benches/speed.py
