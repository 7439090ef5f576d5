#!/bin/bash
# Usage: tools/install.sh run|test
#
# Installs what this checkout needs to run or to be tested: Debian packages that are missing, and the Python packages
# that requirements.txt (and requirements-test.txt) pin, into .venv. Asks apt or a package index for nothing that is
# there: for each of these files a stamp stands in .venv, named after the content of all that it depends on. Where the
# page is not built from the sources in web, it also brings Node.js (requirements-web.txt) and, with its npm, what
# web/package-lock.json pins, and builds it into web/dist.
# PYTHON names the Python that .venv is made with, 3.11 or newer.

set -euo pipefail
cd "$(dirname "$0")/.."
python=${PYTHON:-python3}
font=/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf # of the test camera's picture

fail() {
    echo "camsvc: $*" >&2
    exit 1
}

install_debian_packages() {
    local as_root=()
    command -v apt-get >/dev/null ||
        fail "install by hand what Debian has in these packages, as there is no apt-get here: $*"
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null ||
            fail "there is no sudo here; run as root: apt-get install --no-install-recommends $*"
        as_root=(sudo)
    fi
    echo "camsvc: installing Debian packages: $*"
    "${as_root[@]}" apt-get -q update
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qy install --no-install-recommends "$@" \
        {turn}>&- # what a package starts goes on running
}

# require_debian_packages run|test
require_debian_packages() {
    local missing=()
    command -v ffmpeg >/dev/null && command -v ffprobe >/dev/null || missing+=(ffmpeg)
    [ -e "$font" ] || missing+=(fonts-dejavu-core)
    [ "$1" = run ] || command -v umockdev-wrapper >/dev/null || missing+=(umockdev)
    [ "$1" = run ] || command -v curl >/dev/null || missing+=(curl)
    [ "$1" = run ] || command -v openssl >/dev/null || missing+=(openssl)
    [ "$1" = run ] || command -v chromium >/dev/null || missing+=(chromium)
    [ "$1" = run ] || command -v firefox-esr >/dev/null || missing+=(firefox-esr)
    [ "$1" = run ] || command -v ustreamer >/dev/null || missing+=(ustreamer)
    if ! venv_is_here; then
        command -v "$python" >/dev/null || missing+=(python3)
        "$python" -c 'import ensurepip' 2>/dev/null || missing+=(python3-venv)
    fi
    if [ ${#missing[@]} -gt 0 ]; then
        install_debian_packages "${missing[@]}"
    fi
}

# Servers that tests start themselves are unpacked: installed, they would run as services of this machine. Where that
# cannot be done, the tests with them are skipped, and say so.
unpack_servers() {
    local folder=.venv/debian download package
    local servers=(nginx haproxy mosquitto mosquitto-clients)
    local programs=(sbin/nginx sbin/haproxy sbin/mosquitto bin/mosquitto_sub)
    local libraries=(liblua5.3-0 libopentracing-c-wrapper0 libopentracing1)
    libraries+=(libcjson1 libdlt2 libev4 libmosquitto1 libwebsockets17 libwrap0)
    are_in $folder/usr "${programs[@]}" && return
    are_in /usr "${programs[@]}" && return
    command -v apt-get >/dev/null && command -v dpkg >/dev/null || return 0
    echo "camsvc: unpacking ${servers[*]} into $folder, for tests"
    download=$(mktemp -d)
    if (cd "$download" && apt-get -qq download "${servers[@]}" "${libraries[@]}" 2>/dev/null); then
        for package in "$download"/*.deb; do
            dpkg -x "$package" $folder
        done
    else
        echo "camsvc: they cannot be had; apt-get update may help" >&2
    fi
    rm -rf "$download"
}

# are_in FOLDER PROGRAM…
are_in() {
    local folder=$1 name
    shift
    for name in "$@"; do
        [ -x "$folder/$name" ] || return
    done
}

# A venv holds absolute paths, so one that was copied or moved with the checkout is of no use.
venv_is_here() {
    [ -x .venv/bin/python ] && [ "$(cat .venv/checkout 2>/dev/null)" = "$PWD" ]
}

make_venv() {
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
        fail "$python is $("$python" -V 2>&1); camsvc needs 3.11 or newer: make PYTHON=/usr/bin/python3.11 …"
    echo "camsvc: making .venv with $("$python" -V) ($(command -v "$python"))"
    rm -rf .venv
    "$python" -m venv .venv
    echo "$PWD" >.venv/checkout
}

# pinned FILE COMMAND: what FILE pins, then COMMAND; nothing where that was done with this same FILE and setup.cfg.
pinned() {
    local file=$1 key stamp
    shift
    key=$(cat tools/install.sh setup.cfg pyproject.toml "$file" | sha256sum | cut -c1-16)
    stamp=.venv/$file-$key
    [ -e "$stamp" ] && return
    echo "camsvc: installing what $file names into .venv"
    pip install --require-hashes -r "$file" || return
    "$@" || return
    rm -f .venv/"$file"-*
    touch "$stamp"
}

# In the compat mode, as with others Twisted does not find the plugins in twisted/plugins.
install_checkout() {
    pip install --no-deps --no-build-isolation --config-settings editable_mode=compat --editable .
}

pip() {
    .venv/bin/python -m pip --quiet --disable-pip-version-check --no-input "$@"
}

# Moonraker in a venv of its own, as it pins what it uses; where it cannot be had, the tests with it are skipped.
install_moonraker() {
    local file=requirements-moonraker.txt venv=.venv/moonraker stamp
    stamp=$venv/$(sha256sum $file | cut -c1-16)
    [ -e "$stamp" ] && return
    echo "camsvc: installing what $file names into $venv"
    rm -rf $venv
    .venv/bin/python -m venv $venv
    $venv/bin/python -m pip --quiet --disable-pip-version-check --no-input install --require-hashes -r $file || return
    touch "$stamp"
}

# require_web run|test: what builds the page; for the tests also what checks it and steers browsers.
require_web() {
    local key
    key=$(cat tools/install.sh web/.npmrc web/package-lock.json | sha256sum | cut -c1-16)
    if [ -d web/node_modules ]; then
        [ -e .venv/web-test-"$key" ] && return
        [ "$1" = run ] && [ -e .venv/web-run-"$key" ] && return
    fi
    pinned requirements-web.txt || return
    echo "camsvc: installing what web/package-lock.json names into web/node_modules"
    local omit=()
    [ "$1" = test ] || omit=(--omit=dev)
    npm ci "${omit[@]}" || return
    rm -f .venv/web-*
    touch .venv/web-"$1"-"$key"
}

npm() {
    PATH="$PWD/.venv/bin:$PATH" .venv/bin/npm --silent --prefix web "$@"
}

# What the page is built from, in one word; its tests are no part of that.
web_sources() {
    find web/src web/public web/tools web/index.html web/vite.config.ts web/tsconfig*.json web/package-lock.json \
        -type f ! -name '*.test.*' -print0 | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -c1-16
}

# The stamp stands where an install from here does not take it along.
web_is_built() {
    [ "$(cat web/dist/.sources 2>/dev/null)" = "$(web_sources)" ]
}

build_web() {
    echo "camsvc: building the page from web into web/dist"
    npm run build || return
    web_sources >web/dist/.sources
}

make_state() {
    if [ ! -e .state/camsvc.toml ]; then
        mkdir -p -m 750 .state
        cp etc/checkout.toml .state/camsvc.toml
        echo "camsvc: made .state/camsvc.toml, the configuration of this checkout"
    elif [ ! -O .state/camsvc.toml ]; then
        fail ".state/camsvc.toml belongs to $(stat -c %U .state/camsvc.toml): run make as that user, or remove .state"
    fi
}

case ${1:-} in
run | test) ;;
*) fail "usage: tools/install.sh run|test" ;;
esac
# Two at once in one checkout take turns: the second finds all done. The kernel lets go of the folder as this ends.
exec {turn}<.
if ! flock --nonblock "$turn"; then
    echo "camsvc: another install is at work here; waiting for it" >&2
    flock "$turn"
fi
require_debian_packages "$1"
venv_is_here || make_venv
pinned requirements.txt install_checkout
[ "$1" = run ] || pinned requirements-test.txt
[ "$1" = run ] || unpack_servers
[ "$1" = run ] || install_moonraker || echo "camsvc: going on without Moonraker" >&2
if [ "$1" = test ]; then
    require_web test || fail "the tests cannot do without what web/package-lock.json names"
    web_is_built || build_web || fail "the page in web cannot be built"
elif ! web_is_built && ! { require_web run && build_web; }; then
    echo "camsvc: going on without the page, as it cannot be built; / says so too" >&2
fi
make_state
