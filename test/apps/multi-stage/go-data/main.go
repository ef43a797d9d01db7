package main

import (
	"fmt"
	"os"
	"log"
	"net/http"
)

func main() {
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		data, _ := os.ReadFile("data/visits")
		data = append(data, 'x')
		if err := os.WriteFile("data/visits", data, 0o644); err != nil {
			http.Error(w, err.Error(), 500)
			return
		}
		fmt.Fprintln(w, len(data))
	})
	log.Fatal(http.ListenAndServe(":8080", nil))
}
