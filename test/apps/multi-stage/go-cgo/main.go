package main

// static int twice(int n) { return 2 * n; }
import "C"

import (
	"fmt"
	"log"
	"net/http"
)

func main() {
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, "twice 21 is", C.twice(21))
	})
	log.Fatal(http.ListenAndServe(":8080", nil))
}
