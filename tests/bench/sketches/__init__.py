"""The simplest programs that list, add and finish tasks, for taskmaster to be measured against.

They check nothing, show plain lines, and know today's schema only.
"""
