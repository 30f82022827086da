"""Hear of the sessions of coding agents whose hooks can call a program.

Each plugin is a module of it. Nothing is imported here: `orgloop hook` needs little of all this.
"""
