#!/bin/sh
echo starting
exec ./server
