require "greet"
require "socket"

server = TCPServer.new(9292)
loop do
  client = server.accept
  client.readpartial(1024)
  body = Greet.greet
  client.write "HTTP/1.1 200 OK\r\nContent-Length: #{body.bytesize}\r\nConnection: close\r\n\r\n#{body}"
  client.close
end
