package main

var Extra = 1
