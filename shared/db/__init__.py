"""The only SQL at run time, one module per table family."""
