require "pstore"
require "webrick"

STORE = PStore.new("state.pstore")

server = WEBrick::HTTPServer.new(Port: 3000, BindAddress: "0.0.0.0")
server.mount_proc("/") do |request, response|
  STORE.transaction { STORE[:last] = request.path }
  response.body = "hello from ruby\n"
end
trap("TERM") { server.shutdown }
server.start
