"""The JSON-RPC API, apart from any transport: how a method is declared, called and described."""
