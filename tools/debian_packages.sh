#!/bin/sh
# The Debian packages that some tests need (marker `debian`): one name a line, with the program that tells it is there.
# Run by `make test`. As root on Debian it installs what is missing; otherwise it says in one line which tests are left
# out and why. A test that is left out in CI fails instead (see tests/conftest.py).
set -u

PACKAGES='
dovecot-imapd             /usr/lib/dovecot/imap
libnss3-tools             pk12util
libreoffice-calc-nogui    /usr/lib/libreoffice/program/libsclo.so
libreoffice-writer-nogui  /usr/lib/libreoffice/program/libswlo.so
poppler-utils             pdfsig
softhsm2                  /usr/lib/softhsm/libsofthsm2.so
tesseract-ocr             tesseract
tesseract-ocr-vie         /usr/share/tesseract-ocr/*/tessdata/vie.traineddata
'

is_there() {
    case $1 in
        /*) for found in $1; do [ -e "$found" ] && return 0; done; return 1 ;;
        *) command -v "$1" >/dev/null 2>&1 || [ -x "/usr/sbin/$1" ] ;;
    esac
}

missing=$(printf '%s\n' "$PACKAGES" | while read -r package proof; do
    [ -z "$package" ] || is_there "$proof" || printf ' %s' "$package"
done)
[ -z "$missing" ] && exit 0

if [ "$(id -u)" = 0 ] && [ -e /etc/debian_version ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing Debian packages that tests need:$missing"
    export DEBIAN_FRONTEND=noninteractive
    # shellcheck disable=SC2086  # a list of names
    { apt-get -qq update && apt-get -qq install --yes --no-install-recommends $missing; } >/dev/null 2>&1 && exit 0
    echo "They could not be installed: the tests that need them are left out."
    exit 0
fi
echo "Tests marked debian are left out where they need:$missing (install them, or run as root on Debian)."
