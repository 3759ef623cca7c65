package org.millrace.trainer;

import java.nio.file.Path;
import java.time.Duration;

/// Where and how often a run keeps its whole state, so that a later attempt goes on from there.
///
/// @param folder of this run alone; made when needed, `docs/formats/training-state.md`
/// @param every time between two states; the state is kept at an ordered stop too
public record Keeping(Path folder, Duration every) {}
