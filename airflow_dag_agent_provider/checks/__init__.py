"""Is this file right? ``run_checks(source, sandbox=...)`` answers with findings."""
