#!/bin/sh
set -e
su -s /bin/sh -c "python migrate.py" www-data
exec python app.py
