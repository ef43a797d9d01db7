#!/bin/sh
set -e
date >started
exec python app.py
