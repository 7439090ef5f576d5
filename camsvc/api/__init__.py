"""The JSON-RPC API: how a method is declared, checked, called and described, and who is told of what.

It knows no socket and no HTTP, which are ``server``'s, and does nothing itself that a part below it can do.
"""
