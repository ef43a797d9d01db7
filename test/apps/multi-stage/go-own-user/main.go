package main

import (
	"fmt"
	"log"
	"net/http"
	"os"
)

func main() {
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		home, err := os.UserHomeDir()
		fmt.Fprintln(w, os.Getuid(), os.Getgid(), home, err)
	})
	log.Println("started")
	log.Fatal(http.ListenAndServe(":8080", nil))
}
