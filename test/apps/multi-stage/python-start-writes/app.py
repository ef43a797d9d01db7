import http.server
import os
import shutil


class Pages(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        shutil.copyfile("app.py", "/documents/copy")
        self.send_response(200)
        self.end_headers()
        self.wfile.write(f"{len(os.listdir('/documents'))} documents".encode())


http.server.HTTPServer(("", 8000), Pages).serve_forever()
