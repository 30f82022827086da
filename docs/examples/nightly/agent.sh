# Stands for a coding agent: it reads its instructions, works, and ends.
instructions=$(cat)
echo "working on $SCOPE: $instructions"
