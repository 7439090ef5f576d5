"""camsvc on a machine of its own: Debian's kernel in qemu, cameras of its ``vivid`` driver, seen over the network.

``make package-lab`` boots it and runs these tests; they do not run without it.
"""
