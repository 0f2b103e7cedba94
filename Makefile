# Each target is commands that a person could type. `.ci/stage NAME COMMAND` runs COMMAND and says how long it took.

CARGO ?= cargo
STAGE := @.ci/stage
REWARDS := target/debug/rewards
SHOP := rules/supermarket-loyalty
PURCHASES := examples/purchases

.PHONY: help demo test lint bench build

help:
	@echo "make demo   check and test the rule packs, simulate a year of a supermarket, explain one purchase"
	@echo "make test   all tests of the workspace"
	@echo "make lint   formatting, clippy, documentation"
	@echo "make bench  how fast the engine is, as ratios to the same rules written by hand"

build:
	$(STAGE) "build the command" $(CARGO) build --locked --package rewards-host

demo:
	$(STAGE) "1/5 build the command" $(CARGO) build --locked --package rewards-host
	$(STAGE) "2/5 check the rule packs" $(REWARDS) validate rules
	$(STAGE) "3/5 run their tests" $(REWARDS) test rules
	$(STAGE) "4/5 simulate a year of 300 households" $(REWARDS) simulate --rules $(SHOP) \
	    --transactions $(PURCHASES)/purchases.csv --members $(PURCHASES)/members.csv --output target/demo-rewards.csv
	$(STAGE) "5/5 explain one purchase" $(REWARDS) evaluate --rules rules/everyday-card \
	    --transaction examples/purchase/transaction.yaml --member examples/purchase/member.yaml \
	    --usage examples/purchase/usage.yaml --explain

test:
	$(STAGE) "test" $(CARGO) test --workspace --locked

lint:
	$(STAGE) "formatting" $(CARGO) fmt --all --check
	$(STAGE) "clippy" $(CARGO) clippy --workspace --all-targets --locked -- -D warnings
	$(STAGE) "documentation" env RUSTDOCFLAGS="-D warnings" $(CARGO) doc --workspace --no-deps --locked

bench:
	$(STAGE) "how fast it is" $(CARGO) bench --locked --package rewards-rules --bench speed --profile dist
	$(STAGE) "compiling rules" $(CARGO) bench --locked --package rewards-rules --bench compile --profile dist
