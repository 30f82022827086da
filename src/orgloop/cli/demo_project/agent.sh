# Takes the event and the prompt on standard input, as every command actor does.
cat >> agent.jsonl
echo >> agent.jsonl
