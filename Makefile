.PHONY: demo test quick chgnet lint docs clean

# The first campaign, from nothing to its report.
demo:
	@tools/install.sh demo
	.venv/bin/potash run examples/first.yaml --dir first

# All tests: quick ones, then those with real DFT codes and a browser.
test:
	@tools/install.sh test
	.venv/bin/python -m pytest

# The tests that need no DFT code.
quick:
	@tools/install.sh test
	.venv/bin/python -m pytest -m "not dft and not browser"

# The tests that need a learned potential, which they install (200 MB and more).
chgnet:
	@tools/install.sh chgnet
	.venv/bin/python -m pytest -m chgnet

lint:
	@tools/install.sh test
	.venv/bin/python -m ruff check .
	.venv/bin/python -m mypy

docs:
	@tools/install.sh docs
	.venv/bin/python -m sphinx -W --keep-going -b html docs docs/_build

clean:
	rm -rf .venv docs/_build build *.egg-info
