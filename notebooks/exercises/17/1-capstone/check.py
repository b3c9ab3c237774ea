"""Graded by `workbook.checks.capstone`, which runs what is written here, kills it, and runs it again."""
