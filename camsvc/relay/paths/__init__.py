"""The engine's paths: their options, who publishes and reads, which commands run and what is pulled for them.

Knows streams and who asks the callback; must not know the protocols by which publishers and readers come.
"""
