package main

import (
	"fmt"
	"os/exec"
	"log"
	"net/http"
)

func main() {
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		out, _ := exec.Command("uname", "-s").Output()
		fmt.Fprint(w, string(out))
	})
	log.Fatal(http.ListenAndServe(":8080", nil))
}
