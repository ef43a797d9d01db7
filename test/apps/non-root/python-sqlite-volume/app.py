import os
import sqlite3
from http.server import BaseHTTPRequestHandler, HTTPServer

db = sqlite3.connect(os.environ.get("DB_PATH", "/data/app.db"))
db.execute("PRAGMA journal_mode=WAL")
db.execute("CREATE TABLE IF NOT EXISTS visits (path TEXT)")


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        db.execute("INSERT INTO visits VALUES (?)", (self.path,))
        db.commit()
        count = db.execute("SELECT count(*) FROM visits").fetchone()[0]
        self.send_response(200)
        self.end_headers()
        self.wfile.write(f"hello {count}\n".encode())


HTTPServer(("0.0.0.0", 8000), Handler).serve_forever()
