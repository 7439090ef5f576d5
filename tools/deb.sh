#!/bin/bash
# Usage: tools/deb.sh [build|check|wheels] [FOLDER]
#
# build: makes the Debian package of this checkout, for the release and the machine that it runs on, as the venv in it
#        has the path of this Python: build/deb/camsvc_VERSION+debN_ARCH.deb, or in FOLDER. Debian's own python3 is
#        taken, whatever stands before it on PATH. lintian has the last word.
# check: builds it twice, in two folders, and compares.
# wheels: asks the package index whether each wheel that is pinned is there for Debian 12 and 13, on amd64 and arm64.
#
# RELEASE=trixie (Debian 13) or bookworm (12) builds and checks for that release, in a clean root of it that mmdebstrap
# makes and that goes afterwards.
#
# Wanted as root or with sudo the first time: debhelper, lintian, python3-venv; for another release mmdebstrap alone.

set -euo pipefail
cd "$(dirname "$0")/.."
what=${1:-build}
into=${2:-build/deb}
own_release=$(. /etc/os-release && echo "$VERSION_CODENAME")
release=${RELEASE:-$own_release}

say() {
    echo "camsvc: $*" >&2
}

require_tools() {
    local missing=()
    if [ "$release" = "$own_release" ]; then
        command -v dh >/dev/null || missing+=(debhelper)
        command -v lintian >/dev/null || missing+=(lintian)
        command -v dpkg-buildpackage >/dev/null || missing+=(dpkg-dev)
        /usr/bin/python3 -c 'import ensurepip' 2>/dev/null || missing+=(python3-venv)
    else
        command -v mmdebstrap >/dev/null || missing+=(mmdebstrap)
    fi
    [ ${#missing[@]} -gt 0 ] || return 0
    say "installing Debian packages: ${missing[*]}"
    local as_root=()
    [ "$(id -u)" = 0 ] || as_root=(sudo)
    "${as_root[@]}" apt-get -q update >&2
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qy install --no-install-recommends "${missing[@]}" >&2
}

# The time that files of the package have.
stamp() {
    echo "${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || stat -c %Y camsvc/__init__.py)}"
}

# Copies what the package is made of, and with, to $1.
source_tree() {
    [ -e web/dist/index.html ] || { say "a package without the page is none: make install builds it"; return 1; }
    mkdir -p "$1"
    tar -c --exclude='*.egg-info' --exclude=__pycache__ --exclude=node_modules --exclude=debian/camsvc \
        --exclude=debian/.tools --exclude=debian/.wheel \
        camsvc twisted debian etc docs tools/deb.sh tools/debian tools/mediamtx.py requirements.txt setup.cfg \
        pyproject.toml README.rst CHANGELOG.rst LICENSE web/dist $(ls -d MANIFEST.in setup.py 2>/dev/null) | tar -x -C "$1"
}

# Puts a changelog of this version for this release into the source tree $1.
changelog() {
    local version number
    version=$(sed -n 's/^__version__ = "\(.*\)"/\1/p' camsvc/__init__.py)
    number=$(. /etc/os-release && echo "${VERSION_ID%%.*}")
    cat >"$1/debian/changelog" - debian/changelog <<CHANGES
camsvc (${CAMSVC_DEB_VERSION:-$version}+deb$number) unstable; urgency=medium

  * Made for Debian $number.

 -- The camsvc developers <camsvc@localhost>  $(date -u -R -d "@$(stamp)")

CHANGES
}

# Does what this script was asked for in a clean root of the release. Package indexes are trusted as they are here.
in_clean_root() {
    local folder certificates=/etc/ssl/certs/ca-certificates.crt hooks
    folder=$(mktemp -d -t camsvc-deb-XXXXXX)
    trap "rm -rf '$folder'" EXIT
    source_tree "$folder/camsvc"
    mkdir -p "$into"
    hooks=("copy-in $folder/camsvc /root")
    [ ! -e $certificates ] || hooks+=("copy-in $certificates ${certificates%/*}")
    # shellcheck disable=SC2016 # mmdebstrap's shell fills in $1: the new root
    hooks+=('mkdir "$1/root/deb"' "chroot \"\$1\" /root/camsvc/tools/deb.sh $what /root/deb")
    say "making a clean root of Debian's $release, and the package in it; some minutes"
    SOURCE_DATE_EPOCH=$(stamp) LC_ALL=C.UTF-8 PATH=/usr/sbin:/usr/bin:/sbin:/bin mmdebstrap --quiet --variant=apt \
        --include=ca-certificates,debhelper,dpkg-dev,lintian,python3-venv --aptopt='APT::Install-Recommends "false"' \
        --dpkgopt=force-unsafe-io "${hooks[@]/#/--customize-hook=}" \
        --customize-hook="sync-out /root/deb $(realpath "$into")" "$release" /dev/null >&2
}

# build FOLDER: the package, in it.
build() {
    local folder
    folder=$(mktemp -d -t camsvc-deb-XXXXXX)
    trap 'rm -rf "$folder"' RETURN
    source_tree "$folder/camsvc"
    changelog "$folder/camsvc"
    say "building the package"
    (cd "$folder/camsvc" && PATH=/usr/sbin:/usr/bin:/sbin:/bin dpkg-buildpackage --build=binary --no-sign --no-check-builddeps) \
        >"$folder/log" 2>&1 || { tail -n 60 "$folder/log" >&2; return 1; }
    mkdir -p "$1"
    cp "$folder"/*.deb "$1"/
}

if [ "$release" != "$own_release" ] && [ "$what" != wheels ]; then
    require_tools
    in_clean_root
    exit
fi
case $what in
build)
    require_tools
    build "$into"
    package=$(ls -t "$into"/camsvc_*.deb | head -n 1)
    lintian --fail-on error,warning --suppress-tags bad-distribution-in-changes-file "$package" >&2
    say "made $package, $(($(stat -c %s "$package") >> 20)) MiB"
    ;;
check)
    require_tools
    first=$(mktemp -d) second=$(mktemp -d)
    build "$first"
    build "$second"
    status=0
    (cd "$first" && sha256sum -- *.deb) | (cd "$second" && sha256sum --check) || status=1
    [ $status = 0 ] || say "they differ; diffoscope $first $second says where"
    [ $status != 0 ] || rm -rf "$first" "$second"
    exit $status
    ;;
wheels)
    for python in 3.11 3.13; do
        for machine in x86_64 aarch64; do
            say "wheels for Python $python on $machine"
            platforms=()
            for each in manylinux_2_34 manylinux_2_28 manylinux_2_17 manylinux2014 manylinux_2_5 manylinux1; do
                platforms+=(--platform "${each}_$machine")
            done
            .venv/bin/python -m pip --quiet --disable-pip-version-check install --dry-run --ignore-installed \
                --no-deps --target build/none --only-binary :all: --require-hashes --implementation cp \
                --python-version "$python" "${platforms[@]}" --requirement requirements.txt
        done
    done
    say "every wheel is there, for Debian 12 and 13, on amd64 and arm64"
    ;;
*)
    say "usage: tools/deb.sh [build|check|wheels] [FOLDER]"
    exit 64
    ;;
esac
