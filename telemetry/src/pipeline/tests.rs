//! The promises of the pipeline.
