package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
)

type config struct {
	Log string `json:"log"`
}

func main() {
	var c config
	text, _ := os.ReadFile("config.json")
	json.Unmarshal(text, &c)
	os.MkdirAll(filepath.Dir(c.Log), 0o755)
	log, err := os.OpenFile(c.Log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		panic(err)
	}
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(log, r.URL.Path)
		fmt.Fprintln(w, "hello from go")
	})
	http.ListenAndServe(":8080", nil)
}
