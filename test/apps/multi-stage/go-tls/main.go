package main

import (
	"io"
	"log"
	"net/http"
)

func main() {
	inner := http.NewServeMux()
	inner.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "over TLS\n") })
	go func() {
		log.Fatal(http.ListenAndServeTLS("127.0.0.1:8443", "certs/server.pem", "certs/server.key", inner))
	}()
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		answer, err := http.Get("https://localhost:8443/")
		if err != nil {
			http.Error(w, err.Error(), 500)
			return
		}
		defer answer.Body.Close()
		io.Copy(w, answer.Body)
	})
	log.Fatal(http.ListenAndServe(":8080", nil))
}
