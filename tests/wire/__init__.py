"""A model vendor on the loopback interface, so that the real clients can be tested without a network."""
