"""The lab: programs that measure and prove, from outside, over HTTP."""
