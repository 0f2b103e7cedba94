# Each target is commands that a person could type. `.ci/stage NAME COMMAND` runs COMMAND and says how long it took.

CARGO ?= cargo
STAGE := @.ci/stage
REWARDS := target/debug/rewards
SHOP := rules/supermarket-loyalty
PURCHASES := examples/purchases
ADMIN := rewards-host/admin

.PHONY: needs needs-node help demo test lint bench bench-peers bench-posts bench-wasm reference build page page-types release wasm wasm-target test-wasm

help:
	@echo "make build  the command, with all that it can do"
	@echo "make page   the admin page, which a build of the command afterwards carries (needs Node 20.19 or later)"
	@echo "make release  the command as it is released, with the admin page and the page's help for writing rules: target/dist/rewards"
	@echo "make demo   explain one purchase, test the rule packs, simulate a year of a supermarket, run the service on it"
	@echo "make test   all tests: the workspace, with a PostgreSQL and a Redis that it finds or starts; schemathesis asks the service; the"
	@echo "            packages for JavaScript and Python, which pass the same corpus (left out, with a word, where their tools are not to be had)"
	@echo "make lint   formatting, clippy, documentation"
	@echo "make wasm   the engine for browsers and Node, bindings/wasm/pkg; make test-wasm tests it, make bench-wasm measures it"
	@echo "make reference  what is made from the engine, made anew: tables, schema, findings, pictures of the packs"
	@echo "make bench-posts  how fast purchases are posted, as ratios to the same rows written by SQL (needs PostgreSQL)"
	@echo "make bench  how fast the engine is, as ratios to the same rules written by hand, and the service to a constant answer"
	@echo "make bench-peers  the same rules by other engines in the same process (builds them first: some 500 crates)"

# What the other targets cannot do without, and how to get it.
needs:
	@command -v $(CARGO) >/dev/null || { echo "error: cargo is not on the path; Rust 1.95 or later is installed with rustup (https://rustup.rs)" >&2; exit 1; }
	@command -v cc >/dev/null || { echo "error: there is no C compiler to link with; install gcc or clang (Debian: apt-get install gcc libc6-dev)" >&2; exit 1; }

# The admin page. What is built stays out of the repository; the command carries what it finds in rewards-host/admin/dist.
page:
	@command -v npm >/dev/null || { echo "error: there is no npm; the admin page is built with Node 20.19 or later (https://nodejs.org)" >&2; exit 1; }
	$(STAGE) "get what the admin page is built with" npm ci --silent --prefix $(ADMIN)
	@[ -f bindings/wasm/pkg/client.js ] || echo "-- left out: help and preview while one writes rules, since bindings/wasm/pkg is not built" >&2
	$(STAGE) "build the admin page" npm run --silent build --prefix $(ADMIN)

# The types of the API that the page is written against, from the description that the command has.
page-types: build
	$(STAGE) "types of the API for the admin page" $(ADMIN)/types.sh $(REWARDS)

build: needs
	$(STAGE) "build the command" $(CARGO) build --locked --package rewards-host

# In this order: the page is built with the engine for browsers, and the command carries the page.
release: needs
	@$(MAKE) --no-print-directory wasm
	@$(MAKE) --no-print-directory page
	$(STAGE) "build the command as it is released" $(CARGO) build --locked --package rewards-host --profile dist

# What one sees first needs nothing but Rust. The page comes after, and what it cannot have is told.
demo: needs
	$(STAGE) "1/6 build the command" $(CARGO) build --locked --package rewards-host --no-default-features --features fmt
	$(STAGE) "2/6 explain one purchase" $(REWARDS) evaluate --rules rules/everyday-card \
	    --transaction examples/purchase/transaction.yaml --member examples/purchase/member.yaml \
	    --usage examples/purchase/usage.yaml --explain
	$(STAGE) "3/6 check the rule packs and run their tests" sh -c '$(REWARDS) validate rules && $(REWARDS) test rules'
	$(STAGE) "4/6 simulate a year of 300 households" $(REWARDS) simulate --rules $(SHOP) \
	    --transactions $(PURCHASES)/purchases.csv --members $(PURCHASES)/members.csv --output target/demo-rewards.csv
	@if ! command -v npm >/dev/null; then echo "-- left out: the admin page, since there is no npm" >&2; else \
	    if .ci/wasm-target; then \
	        $(MAKE) --no-print-directory wasm || echo "-- left out: help and preview of the admin page, since the engine for browsers could not be built" >&2; \
	    else \
	        echo "-- left out: help and preview of the admin page, since Rust's target wasm32-unknown-unknown is not installed (make wasm)" >&2; \
	    fi; \
	    $(MAKE) --no-print-directory page || echo "-- left out: the admin page, since it could not be built" >&2; \
	fi
	$(STAGE) "5/6 build the service" $(CARGO) build --locked --package rewards-host
	$(STAGE) "6/6 post them to it" examples/service/demo.sh

test: needs
	$(STAGE) "test" .ci/with-services $(CARGO) test --workspace --locked
	@.ci/run api wasm python

lint:
	$(STAGE) "formatting" $(CARGO) fmt --all --check
	$(STAGE) "formatting and lock files of the other workspaces" sh -c 'for of in fuzz tests/peers; do \
	    $(CARGO) fmt --manifest-path $$of/Cargo.toml --check && $(CARGO) update --quiet --workspace --locked --manifest-path $$of/Cargo.toml || exit 1; done'
	$(STAGE) "clippy" $(CARGO) clippy --workspace --all-targets --locked -- -D warnings
	$(STAGE) "layout of the rule packs" $(CARGO) run --locked --quiet --package rewards-host -- fmt --check rules
	$(STAGE) "documentation" env RUSTDOCFLAGS="-D warnings" $(CARGO) doc --workspace --no-deps --locked

needs-node:
	@node --version >/dev/null 2>&1 || { echo "error: node is not on the path; Node 20 or later is needed for bindings/wasm (https://nodejs.org)" >&2; exit 1; }

wasm-target: needs
	@.ci/wasm-target --get || { echo "error: Rust's standard library for wasm32-unknown-unknown is not installed, and rustup could not get it; docs/wasm.md says how to build with Debian's" >&2; exit 1; }

wasm: needs needs-node wasm-target
	$(STAGE) "get the tools" npm ci --prefix bindings/wasm --silent
	$(STAGE) "build the engine for browsers" node bindings/wasm/build.mjs

test-wasm: wasm
	$(STAGE) "write the corpus for it" $(CARGO) test --locked --package rewards-rules --test it -- for_hosts
	$(STAGE) "compare the types" node bindings/wasm/types.mjs --check
	$(STAGE) "test it in Node and Chromium" npm --prefix bindings/wasm test

bench-wasm: wasm
	$(STAGE) "how large and how fast it is" node bindings/wasm/bench/run.mjs

reference:
	$(STAGE) "write the reference" env UPDATE_REFERENCE=1 $(CARGO) test --locked --package rewards-host --test it -- \
	    reference explain packs
	$(STAGE) "write the reference of the service" env UPDATE_REFERENCE=1 $(CARGO) test --locked --package rewards-host --bin rewards -- \
	    reference in_the_documents
	$(STAGE) "write the types for Python" python3 bindings/python/make_types.py

bench:
	$(STAGE) "how fast it is" $(CARGO) bench --locked --package rewards-rules --bench speed --profile dist
	$(STAGE) "how fast tables are" $(CARGO) bench --locked --package rewards-host --no-default-features --bench tables --profile dist
	$(STAGE) "compiling rules" $(CARGO) bench --locked --package rewards-rules --bench compile --profile dist
	$(STAGE) "how fast the service answers" .ci/with-services $(CARGO) bench --locked --package rewards-host --bench reads --profile dist
	$(STAGE) "the engine for Python" $(CARGO) build --locked --package rewards-host --example spread --profile dist
	$(STAGE) "how fast Python is" bindings/python/benches/run.sh

bench-peers: needs
	$(STAGE) "how fast others are" $(CARGO) run --locked --release --manifest-path tests/peers/Cargo.toml

bench-posts:
	$(STAGE) "how fast purchases are posted" $(CARGO) bench --locked --package rewards-host --bench posts --profile dist
