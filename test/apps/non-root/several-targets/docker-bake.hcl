group "default" { targets = ["web", "worker"] }
target "web" { target = "web" }
target "worker" { target = "worker" }
