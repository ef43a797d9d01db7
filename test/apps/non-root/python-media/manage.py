import os
import sqlite3
from http.server import BaseHTTPRequestHandler, HTTPServer


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"hello from python\n")


from site_settings import DATABASES, MEDIA_ROOT

os.makedirs(MEDIA_ROOT, exist_ok=True)
open(os.path.join(MEDIA_ROOT, "probe"), "w").close()
sqlite3.connect(DATABASES["default"]["NAME"]).execute("CREATE TABLE IF NOT EXISTS t (x)")

HTTPServer(("0.0.0.0", 8000), Handler).serve_forever()
