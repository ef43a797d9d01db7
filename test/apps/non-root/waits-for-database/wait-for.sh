#!/bin/sh
target="$1"
shift
[ "$1" = "--" ] && shift
echo "would wait for $target" >&2
exec "$@"
