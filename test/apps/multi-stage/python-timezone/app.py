from http.server import BaseHTTPRequestHandler, HTTPServer
import time
from datetime import datetime
from zoneinfo import ZoneInfo


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(str(datetime.fromtimestamp(0, ZoneInfo("Asia/Tokyo"))).encode() + time.tzname[0].encode())


HTTPServer(("", 8000), Handler).serve_forever()
