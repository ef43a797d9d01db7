import logging
from http.server import BaseHTTPRequestHandler, HTTPServer


logging.basicConfig(filename='service.log', level=logging.INFO)
logging.info('started')


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"hello from python\n")


HTTPServer(("0.0.0.0", 8000), Handler).serve_forever()
