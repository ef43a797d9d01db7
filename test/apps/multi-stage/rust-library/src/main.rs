use std::io::{Read, Write};
use std::net::TcpListener;

#[link(name = "sqlite3")]
extern "C" {
    fn sqlite3_libversion_number() -> i32;
}

fn version() -> i32 {
    unsafe { sqlite3_libversion_number() }
}

fn main() {
    let listener = TcpListener::bind("0.0.0.0:8080").unwrap();
    for stream in listener.incoming() {
        let mut stream = stream.unwrap();
        let mut request = [0; 1024];
        let _ = stream.read(&mut request);
        let body = format!("sqlite {}\n", if version() > 0 { "is here" } else { "is not" });
        let _ = write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{}", body.len(), body);
    }
}
