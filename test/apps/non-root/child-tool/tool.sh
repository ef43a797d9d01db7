#!/bin/sh
echo "built for ${STAGE:-production}" > /site/dist/stage.txt
