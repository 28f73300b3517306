"""What runs inside a child process of the sandbox; imported by nothing outside of it."""
