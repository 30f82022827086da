#!/bin/sh
[ "$SOURCE" = github ] && [ "$TARGET" = openclaw-engineering-agent ] && [ "$EVENT_TYPE" = resource.changed ] || exit 2
cat
