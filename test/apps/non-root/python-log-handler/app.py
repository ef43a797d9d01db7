import logging
from logging.handlers import RotatingFileHandler
from pathlib import Path
from http.server import BaseHTTPRequestHandler, HTTPServer


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"hello from python\n")


LOGS = Path("logs")
LOGS.mkdir(exist_ok=True)
logging.getLogger().addHandler(RotatingFileHandler(LOGS / "app.log", maxBytes=10_000))
logging.error("started")

HTTPServer(("0.0.0.0", 8000), Handler).serve_forever()
