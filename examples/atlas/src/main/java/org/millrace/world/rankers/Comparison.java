package org.millrace.world.rankers;

import java.util.List;

/// Candidates to be ranked.
///
/// @param question the last thing the user said
public record Comparison(String promptId, String question, List<Candidate> candidates) {

    public Comparison {
        candidates = List.copyOf(candidates);
    }

    public record Candidate(String id, String text) {}
}
