#!/bin/sh
set -eu
mkdir -p /app/data
[ -f /app/data/seed.json ] || echo '{}' > /app/data/seed.json
exec "$@"
