"""The methods, a topic a module; each asks the part that owns the thing.

Who may call, and for which cameras, is declared here and checked by the registry, never in a method.
"""
