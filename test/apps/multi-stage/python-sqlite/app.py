from http.server import BaseHTTPRequestHandler, HTTPServer
import sqlite3


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        db = sqlite3.connect("data/visits.db")
        db.execute("create table if not exists visits (at text)")
        db.execute("insert into visits values (1)")
        db.commit()
        self.wfile.write(str(db.execute("select count(*) from visits").fetchone()).encode())


HTTPServer(("", 8000), Handler).serve_forever()
