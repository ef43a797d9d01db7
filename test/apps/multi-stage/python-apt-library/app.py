from http.server import BaseHTTPRequestHandler, HTTPServer
import ctypes

library = ctypes.CDLL("libsodium.so.23")


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(str(library.sodium_init()).encode())


HTTPServer(("", 8000), Handler).serve_forever()
