#!/bin/sh
echo "checked $# files"
