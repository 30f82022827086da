"""A project as a graph: sources, the routes that read them, the actors that these reach."""
