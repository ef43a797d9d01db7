from http.server import BaseHTTPRequestHandler, HTTPServer
import subprocess


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(subprocess.check_output(["make", "--version"]))


HTTPServer(("", 8000), Handler).serve_forever()
