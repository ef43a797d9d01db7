#!/usr/bin/env bash
# Installs what the tests of src/registry need beyond Node, on Debian as root.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends docker-registry skopeo apache2-utils openssl
