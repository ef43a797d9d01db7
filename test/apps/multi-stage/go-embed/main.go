package main

import (
	_ "embed"
	"fmt"
	"log"
	"net/http"
)

//go:embed page.html
var page string

func main() {
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, page)
	})
	log.Fatal(http.ListenAndServe(":8080", nil))
}
