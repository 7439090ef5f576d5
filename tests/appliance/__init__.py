"""The Debian package on a machine of its own: Debian's kernel and systemd in qemu, cameras of its ``vivid`` driver.

``make appliance`` boots it and runs these tests; they do not run without it.
"""
