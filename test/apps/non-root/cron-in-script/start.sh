#!/bin/sh
set -e
service cron start
exec python app.py
