#!/bin/sh
set -e
export GREETING="${GREETING:-hello}"
if [ -z "$1" ]; then
  echo "starting" >&2
  exec python3 /opt/app/app.py
fi
exec "$@"
