package org.millrace.reward;

import java.util.SortedMap;
import org.millrace.artifacts.Reference;

/// A version of a reward model, and where its files are.
public record Publication(String name, long version, SortedMap<String, Reference> files) {}
