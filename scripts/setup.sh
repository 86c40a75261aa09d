#!/bin/bash
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
# Installs the Debian packages of packages.txt that are missing. Does nothing, and needs neither
# root nor a network, where all are there.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

missing=()
while read -r package; do
  [[ -z $package || $package == \#* ]] && continue
  status=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
  [[ $status == *installed* && $status != *not-installed* ]] || missing+=("$package")
done <"$here/packages.txt"
[[ ${#missing[@]} -eq 0 ]] && exit 0

if ! command -v apt-get >/dev/null; then
  echo "setup: this is not Debian; install by hand: ${missing[*]}" >&2
  exit 1
fi
as_root=()
if [[ $(id -u) -ne 0 ]]; then
  if ! command -v sudo >/dev/null; then
    echo "setup: neither root nor sudo; as root run: apt-get install ${missing[*]}" >&2
    exit 1
  fi
  as_root=(sudo)
fi

echo "setup: installing ${missing[*]}"
apt_options=(-q -y -o DPkg::Lock::Timeout=120)
# A list that cannot be refreshed need not matter: the next steps tell.
"${as_root[@]}" apt-get "${apt_options[@]}" update || true
for package in "${missing[@]}"; do
  if [[ -z $(apt-cache madison "$package") ]]; then
    cat >&2 <<MESSAGE
setup: apt offers no package $package
LLVM 22 for Debian 12 is in the security archive. See that a file of /etc/apt/sources.list.d, or
/etc/apt/sources.list, has the line
  deb http://deb.debian.org/debian-security bookworm-security main
and the usual one for bookworm main, and that this machine can reach it; then run this again.
MESSAGE
    exit 1
  fi
done
if ! "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get "${apt_options[@]}" install \
  --no-install-recommends "${missing[@]}"; then
  echo "setup: apt-get could not install the packages (its messages are above; is there a network?)" >&2
  exit 1
fi
