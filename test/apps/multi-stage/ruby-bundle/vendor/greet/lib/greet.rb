module Greet
  def self.greet = "greetings\n"
end
