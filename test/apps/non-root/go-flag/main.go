package main

import (
	"flag"
	"fmt"
	"net/http"
	"os"
)

func main() {
	db := flag.String("db", "store.json", "where the state is kept")
	flag.Parse()
	if err := os.WriteFile(*db, []byte("{}"), 0o644); err != nil {
		panic(err)
	}
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, "hello from go")
	})
	http.ListenAndServe(":8080", nil)
}
