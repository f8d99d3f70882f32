"""The only place that knows HTTP: events in, answers out, errors told in one format."""
