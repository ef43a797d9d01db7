#!/bin/sh
set -e
python app.py &
python -c "import time; time.sleep(3600)" &
wait
