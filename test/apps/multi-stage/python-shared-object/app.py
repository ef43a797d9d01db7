from http.server import BaseHTTPRequestHandler, HTTPServer
import ctypes

library = ctypes.CDLL("./libtwice.so")


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(str(library.twice(21)).encode())


HTTPServer(("", 8000), Handler).serve_forever()
