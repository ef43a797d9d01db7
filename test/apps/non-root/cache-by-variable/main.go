package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
)

func main() {
	dir := os.Getenv("DATA_DIR")
	if dir == "" {
		dir = "/var/lib/app"
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		panic(err)
	}
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if err := os.WriteFile(filepath.Join(dir, "last"), []byte(r.URL.Path), 0o644); err != nil {
			http.Error(w, err.Error(), 500)
			return
		}
		fmt.Fprintln(w, "hello from go")
	})
	http.ListenAndServe(":8080", nil)
}
