"""The study: the whole matrix, measured, and the report that is made of it (docs/study/)."""
