"""The JSON-RPC methods and notifications, apart from any transport."""
