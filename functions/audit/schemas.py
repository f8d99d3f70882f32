"""What may be asked of an audit: that it begins, and nothing else."""

from shared.edge.parse import Body


class AuditRequest(Body):
    """Nothing: an audit is about all there is."""
