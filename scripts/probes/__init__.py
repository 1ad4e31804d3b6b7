"""The lab: probes that measure and prove a running server from outside.

They talk HTTP like any client, and of the project import only `tornchat.wire`, `tornchat.domain`
and `tornchat.metrics`.
"""
