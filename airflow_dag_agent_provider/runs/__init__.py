"""One agent run inside one task."""
