# One line for each session. Its id is the same on every attempt, so a line written twice is known.
echo "$SESSION $OUTCOME" >> journal.txt
