"""The tests mirror the package: tests/log/test_bus.py is about tornchat/log/bus.py."""
