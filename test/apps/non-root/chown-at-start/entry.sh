#!/bin/sh
set -e
chown -R 1000:1000 /app/data
exec python app.py
