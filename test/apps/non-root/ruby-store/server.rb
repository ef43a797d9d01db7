require "fileutils"
require "webrick"

STORE = File.expand_path("store", __dir__)
FileUtils.mkdir_p(STORE)

server = WEBrick::HTTPServer.new(Port: 3000, BindAddress: "0.0.0.0")
server.mount_proc("/") do |request, response|
  File.write(File.join(STORE, "last"), request.path)
  response.body = "hello from ruby\n"
end
trap("TERM") { server.shutdown }
server.start
