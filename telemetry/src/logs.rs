//! Log lines on stderr, for people or for machines, each with the trace and span that it was written in.

