"""What systemd is told when it runs us: how we are (sd_notify(3)), and log lines with fields (the journal)."""
