import os
import sqlite3
from http.server import BaseHTTPRequestHandler, HTTPServer


def serve(database, media):
    os.makedirs(media, exist_ok=True)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            with open(os.path.join(media, "last"), "w") as last:
                last.write(self.path)
            db = sqlite3.connect(database)
            db.execute("CREATE TABLE IF NOT EXISTS visits (path TEXT)")
            db.execute("INSERT INTO visits VALUES (?)", (self.path,))
            db.commit()
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"hello\n")

    HTTPServer(("0.0.0.0", 8000), Handler).serve_forever()
