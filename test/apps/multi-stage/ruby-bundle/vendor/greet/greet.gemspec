Gem::Specification.new do |s|
  s.name = "greet"
  s.version = "1.0"
  s.summary = "Greets"
  s.authors = ["Test"]
  s.files = ["lib/greet.rb"]
end
