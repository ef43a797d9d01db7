package main

/*
#cgo LDFLAGS: -lsqlite3
#include <sqlite3.h>
*/
import "C"

import (
	"fmt"
	"log"
	"net/http"
)

func main() {
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		var db *C.sqlite3
		path := C.CString(":memory:")
		fmt.Fprintln(w, "sqlite opens:", C.sqlite3_open(path, &db) == 0)
	})
	log.Fatal(http.ListenAndServe(":8080", nil))
}
