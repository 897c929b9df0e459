.PHONY: setup demo test test-all live fuzz chaos bench docs picture lock build-ObjectCreated build-HttpApi build-Sweeping clean

setup:  ## installs everything into .venv, with the command .venv/bin/facescreen
	@scripts/setup

demo: setup  ## screens samples on the local cloud
	@.venv/bin/facescreen demo

test:  ## lint, types, import rules, and all tests except the slow ones
	@scripts/test

test-all:  ## lint, types, every test on every Python found, short fuzzing and faults, and the benchmarks
	@scripts/test all

live: setup  ## the contract tests on your account: prints what they cost, then asks (or YES=1)
	@.venv/bin/python -m pytest -q -s -p tests.support.live tests/contract

FUZZ_SECONDS = 600
fuzz:  ## atheris on the readers of untrusted bytes, ten minutes each
	@scripts/setup .venv-fuzz
	@.venv-fuzz/bin/uv pip install -q --python .venv-fuzz/bin/python --no-deps --require-hashes \
		-r requirements/fuzz.txt
	@for target in envelopes images videos answers; do \
		.venv-fuzz/bin/python -m tests.fuzz $$target --seconds $(FUZZ_SECONDS) || exit; done

SEED = 1
chaos: setup  ## thousands of requests under faults on the local cloud, judged from outside
	@.venv/bin/python -m tests.chaos $(SEED)

bench: setup  ## what a function imports, ships, uses and costs
	@.venv/bin/python -m tests.bench

docs: setup  ## docs/settings.md, .env.example, and the help texts in docs/command-line.md
	@.venv/bin/python -m facescreen_cli.settings_reference
	@.venv/bin/python -m facescreen_cli.help_reference

picture: setup  ## docs/demo.svg and the table in docs/local-cloud.md from a run, docs/page.png in chromium
	@.venv/bin/python scripts/demo_picture.py
	@.venv/bin/python scripts/page_picture.py

LOCK = .venv/bin/uv pip compile -q --universal --python-version 3.10 \
	--generate-hashes --no-header --no-annotate
lock: setup  ## compiles the requirements files from pyproject.toml
	@$(LOCK) pyproject.toml --extra cli --group dev -o requirements/dev.txt
	@$(LOCK) pyproject.toml --extra cli -c requirements/dev.txt -o requirements/local.txt
	@$(LOCK) --group function -c requirements/dev.txt -o requirements/function.txt
	@$(LOCK) --group lambda -c requirements/dev.txt -o requirements/lambda.txt
	@cd / && $(CURDIR)/.venv/bin/uv pip compile -q --group $(CURDIR)/pyproject.toml:sam --universal \
		--python-version 3.10 --generate-hashes --no-header --no-annotate \
		-o $(CURDIR)/requirements/sam.txt
	@.venv/bin/uv pip compile -q --group ros --no-deps --universal \
		--python-version 3.10 --generate-hashes --no-header --no-annotate -o requirements/ros.txt
	@.venv/bin/uv pip compile -q --group fuzz --no-deps --universal \
		--python-version 3.11 --generate-hashes --no-header --no-annotate -o requirements/fuzz.txt

# sam build calls these.
build-ObjectCreated: setup
	@.venv/bin/facescreen package --quiet --cloud aws --function object_created --unpack "$(ARTIFACTS_DIR)"
build-HttpApi: setup
	@.venv/bin/facescreen package --quiet --cloud aws --function http_api --unpack "$(ARTIFACTS_DIR)"
build-Sweeping: setup
	@.venv/bin/facescreen package --quiet --cloud aws --function sweep --unpack "$(ARTIFACTS_DIR)"

clean:
	@rm -rf .venv .venv-3.* .venv-fuzz .venv-sam .venv-ros .aws-sam dist .facescreen
