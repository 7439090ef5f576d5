"""The daemon put together: the only package that knows every part; nothing else imports it but the plugin."""
