#!/bin/sh
# The event comes as JSON on standard input; what is written is the event from here on. Nothing
# written, or exit 1, drops it; any other exit is an error, and `on_error` decides.
event=$(cat)
case $event in
    *'"draft":true'*) exit 1 ;; # nobody is to hear of drafts
esac
printf '%s\n' "$event"
