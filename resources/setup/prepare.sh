#!/bin/sh
# Brings what `make run` and `make test` stand on: the system's libraries, .venv, and the packages of pyproject.toml.
#
#   sh resources/setup/prepare.sh            what the window and the engine need
#   sh resources/setup/prepare.sh test ...   also these extras of pyproject.toml
#
# It asks nothing and does nothing twice; where it may not install something, it says in one sentence what would.

set -eu
cd "$(dirname "$0")/../.."
python=.venv/bin/python

say() { printf 'Everyform: %s\n' "$*" >&2; }

stop() { say "$*"; exit 1; }

has() { command -v "$1" >/dev/null 2>&1; }

try_three_times() {
    "$@" && return 0
    for pause in 5 20; do
        say "That did not work; once more in $pause seconds."
        sleep "$pause"
        "$@" && return 0
    done
    return 1
}

apt_get() {
    # A fresh machine may still be running its own first update: wait for its lock.
    set -- env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 "$@"
    if [ "$(id -u)" = 0 ]; then "$@" >/dev/null; else sudo -n "$@" >/dev/null; fi
}

may_install() {
    has apt-get || return 1
    [ "$(id -u)" = 0 ] || { has sudo && sudo -n true 2>/dev/null; }
}

# Installs the named packages, or fails where that is not allowed or does not work.
install() {
    may_install || return 1
    say "installing $* with apt-get."
    apt_get update || say "apt-get update failed; going on with the lists that are there."
    try_three_times apt_get install -y --no-install-recommends "$@"
}

usable() { "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; }

# Prints the first Python from 3.11 to 3.13; PYTHON in the environment comes first.
find_python() {
    for name in ${PYTHON:-} python3 python3.13 python3.12 python3.11; do
        if usable "$name"; then
            echo "$name"
            return 0
        fi
    done
    return 1
}

# Prints the packages whose library this system cannot load.
missing_packages() {
    [ "$(uname -s)" = Linux ] || return 0
    "$1" - resources/setup/linux.txt <<'PYTHON'
import ctypes, sys
missing = {}
for line in open(sys.argv[1], encoding="utf-8"):
    if not line.startswith("#") and line.strip():
        library, package = line.split()
        try:
            ctypes.CDLL(library)
        except OSError:
            missing[package] = library
print(*missing)
PYTHON
}

version() { "$base" -c 'import sys; print("python%d.%d" % sys.version_info[:2])'; }

# Prints the packages that these extras need beside the libraries.
missing_tools() {
    [ "$(uname -s)" = Linux ] || return 0
    for extra in "$@"; do
        case $extra in
            test) # of focus and dragging: they need a screen, if only a virtual one
                has xvfb-run || echo xvfb xauth ;;
            package) # PyInstaller reads libraries with objdump, and takes Python's own along
                has objdump || echo binutils
                "$base" -c 'import ctypes, sysconfig; ctypes.CDLL(sysconfig.get_config_var("INSTSONAME"))' 2>/dev/null ||
                    echo "lib$(version)" ;;
        esac
    done
}

bring_system() {
    # shellcheck disable=SC2046  # a list of words
    set -- $(missing_packages "$base") $(missing_tools "$@")
    [ $# = 0 ] || install "$@" ||
        say "some system libraries or tools are missing and may not be installed here: 'sudo apt-get install $*' would" \
            "bring them (on other systems: the packages that hold them)."
}

make_environment() {
    if usable "$python" && "$python" -m pip --version >/dev/null 2>&1; then return 0; fi
    if ! "$base" -c 'import ensurepip, venv' 2>/dev/null; then
        venv="$(version)-venv"
        install "$venv" || stop "Python's venv is missing and may not be installed:" \
            "run 'sudo apt-get install $venv', then the same command again."
    fi
    say "making the environment in .venv; this once takes some minutes."
    "$base" -m venv --clear .venv ||
        stop "$PWD/.venv could not be made: see the message above, then run the same command again."
}

bring_packages() {
    sum=$(cksum <pyproject.toml)
    stale=""
    for part in core "$@"; do
        [ "$(cat ".venv/.everyform-$part" 2>/dev/null)" = "$sum" ] || stale="$stale $part"
    done
    [ -n "$stale" ] || return 0
    extras=$(echo "$*" | tr ' ' ',')
    PIP_DEFAULT_TIMEOUT=${PIP_DEFAULT_TIMEOUT:-60}
    export PIP_DEFAULT_TIMEOUT
    try_three_times "$python" -m pip install --quiet --disable-pip-version-check --editable ".${extras:+[$extras]}" >&2 ||
        stop "The packages could not be installed: check the connection, then run the same command again."
    for part in core "$@"; do echo "$sum" >".venv/.everyform-$part"; done
}

# spandrel, which runs the upscalers, declares torchvision, whose usual build breaks the CPU build of torch. It works
# without: so it is installed alone.
bring_spandrel() {
    "$python" -c 'import importlib.metadata as m, sys; sys.exit(not m.version("spandrel").startswith("0.4."))' 2>/dev/null &&
        return 0
    try_three_times "$python" -m pip install --quiet --disable-pip-version-check --no-deps 'spandrel>=0.4.2,<0.5' >&2 ||
        say "spandrel could not be installed, so upscalers do not run: check the connection, then run the same command again."
}

if ! base=$(find_python); then
    { install python3 && base=$(find_python); } ||
        stop "this needs Python 3.11, 3.12 or 3.13: install one, then run the same command again."
fi
bring_system "$@"
make_environment
bring_packages "$@"
bring_spandrel
