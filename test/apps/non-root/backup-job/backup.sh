#!/bin/sh
set -eu
BACKUP_DIR="${BACKUP_DIR:-/backup}"
mkdir -p "$BACKUP_DIR"
echo data > "$BACKUP_DIR/today"
echo "kept $(cat "$BACKUP_DIR/today")"
