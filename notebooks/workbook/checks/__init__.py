"""Checks of a student's own project: what it asks, what it runs, and what it answers.

`answers.answers(folder)` is the way in for the `workbook` command and for `%check`.
"""
