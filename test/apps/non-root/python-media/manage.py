#!/usr/bin/env python
from web.server import serve
from site_settings import DATABASES, MEDIA_ROOT

serve(DATABASES["default"]["NAME"], MEDIA_ROOT)
