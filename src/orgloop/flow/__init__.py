"""The life of an event: intake, router, pipeline, lane.

Read the modules in that order: `intake` takes an event in and keeps it, `router` matches it to
routes, `pipeline` passes it through their transforms, `lane` hands it to the actor.
"""
