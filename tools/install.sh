#!/usr/bin/env bash
# Install potash and what it needs: system packages where allowed, then a virtual environment.
# Usage: tools/install.sh demo|test|chgnet|docs    Run again, it does nothing that is done.
set -euo pipefail
cd "$(dirname "$0")/.."

what=${1:?demo, test, chgnet or docs}
packages="build-essential python3-dev python3-venv libxc-dev libopenblas-dev libfftw3-dev libopenmpi-dev openmpi-bin"
extras="gpaw"
case $what in
    test) packages="$packages quantum-espresso cp2k-data chromium slurm-wlm munge"; extras="gpaw,electrolytes,test" ;;
    chgnet) extras="gpaw,electrolytes,test,chgnet" ;;
    docs) packages="python3-venv"; extras="docs" ;;
esac

say() { printf '\n== %s\n' "$*"; }

stamp=".venv/.potash-$what-$(cat setup.cfg pyproject.toml tools/install.sh tools/siteconfig.py | sha256sum | cut -c1-12)"
[ -e "$stamp" ] && exit 0

lacking=""
for package in $packages; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || lacking="$lacking $package"
done
if [ -n "$lacking" ]; then
    if [ "$(id -u)" = 0 ]; then root=""; elif sudo -n true 2>/dev/null; then root="sudo"; else
        echo "These system packages are missing and need root: apt-get install$lacking" >&2
        exit 2
    fi
    say "System packages:$lacking"
    $root apt-get update -q
    DEBIAN_FRONTEND=noninteractive $root apt-get install -y -q --no-install-recommends $lacking
fi

python=${PYTHON:-python3}
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "potash needs Python 3.11 or newer; $python is $("$python" --version 2>&1): set PYTHON to a newer one" >&2
    exit 2
}
if [ ! -x .venv/bin/pip ]; then
    say "Virtual environment .venv"
    "$python" -m venv .venv
    .venv/bin/pip install --disable-pip-version-check -q --upgrade pip "setuptools>=75" wheel
fi

if [ "$what" != docs ] && ! .venv/bin/python -c 'import _gpaw' 2>/dev/null; then
    say "GPAW, built with FFTW (about a minute)"
    # Not from pip's cache: a GPAW that was built elsewhere may lack FFTW.
    GPAW_CONFIG=$PWD/tools/siteconfig.py .venv/bin/pip install --disable-pip-version-check --no-cache-dir --no-binary gpaw "gpaw>=26.7"
fi

say "potash"
PYTHONWARNINGS=ignore .venv/bin/pip install --disable-pip-version-check -q -e ".[$extras]"
rm -f .venv/.potash-"$what"-*
touch "$stamp"
say "Installed"
