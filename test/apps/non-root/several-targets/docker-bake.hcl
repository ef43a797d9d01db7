variable "KIND" { default = "web" }
target "web" { target = "${KIND}" }
