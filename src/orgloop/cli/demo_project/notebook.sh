# Keeps what is delivered, one JSON document a line.
cat >> notebook.jsonl
echo >> notebook.jsonl
