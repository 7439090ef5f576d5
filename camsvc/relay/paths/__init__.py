"""The engine's paths: their options, who publishes and reads, what is run and pulled for them."""
