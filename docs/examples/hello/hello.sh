# The event is on standard input, as JSON; what is wanted of it is in the environment as well.
echo "Hello, $VISITOR!"
