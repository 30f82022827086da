# Stands in for a coding agent: it is told what to do on standard input, and the task in $TASK.
# In its place, for instance: exec claude --print "$(cat; echo; echo "The task: $TASK")"
first=$(head -n 1)
echo "$ORGLOOP_EVENT_ID: $TASK ($first)" >> done.txt
