TEXT = b"hello from a package\n"
