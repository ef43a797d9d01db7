package main

import (
	"fmt"
	"time"
	"log"
	"net/http"
)

func main() {
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		zone, err := time.LoadLocation("Europe/Berlin")
		if err != nil {
			http.Error(w, err.Error(), 500)
			return
		}
		fmt.Fprintln(w, time.Unix(0, 0).In(zone))
	})
	log.Fatal(http.ListenAndServe(":8080", nil))
}
