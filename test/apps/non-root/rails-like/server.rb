require "webrick"
require "fileutils"

FileUtils.mkdir_p("tmp/pids")
File.write("tmp/pids/server.pid", Process.pid.to_s)

server = WEBrick::HTTPServer.new(Port: 3000, BindAddress: "0.0.0.0")
server.mount_proc("/") do |request, response|
  File.write("log/production.log", request.path, mode: "a")
  response.body = "hello from ruby\n"
end
trap("TERM") { server.shutdown }
server.start
