#!/bin/sh
find /usr/share/nginx/html -name '*.js' -exec sed -i "s|API_URL|$API_URL|g" {} +
exec nginx -g 'daemon off;'
