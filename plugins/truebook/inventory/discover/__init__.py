"""From a recording's raw objects to facts. Each kind is decoded once, Pods never."""
