#!/bin/sh
set -e
envsubst < /site.conf > /etc/nginx/nginx.conf
exec nginx -g "daemon off;"
