package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	config := flag.String("config", "", "")
	port := flag.Int("port", 0, "")
	flag.Parse()
	if _, err := os.Stat(*config); err != nil {
		panic(err)
	}
	fmt.Printf("served %s on %d\n", *config, *port)
}
