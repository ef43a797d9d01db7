#!/usr/bin/env bash
# Installs the programs that the full test suite runs against: as root on Debian; elsewhere it prints the line that would.
set -euo pipefail

packages=(
  apache2-utils # htpasswd, for registries with passwords
  buildah podman runc crun netavark # real builds without an engine
  busybox-static # busybox ash, and the program in test images
  chromium # opens the report page
  curl gcc libc6-dev make bzip2 # stand-ins for base images, and questions to containers
  dash
  docker.io mmdebstrap # an engine, and a root for its base images
  docker-registry
  git
  openssh-client # keys of applications that need one to build
  openssl # certificates for registries on TLS
  skopeo # the oracle for digests
  tmux # a real pseudo-terminal
)

missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done
[ "${#missing[@]}" -eq 0 ] && exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
else
  echo "the full suite also needs: sudo apt-get install --no-install-recommends ${missing[*]}" >&2
fi
