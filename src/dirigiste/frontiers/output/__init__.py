"""Tables and figures of a frontier."""
