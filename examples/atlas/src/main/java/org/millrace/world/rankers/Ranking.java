package org.millrace.world.rankers;

import java.util.List;

/// What one rater thinks of one comparison.
///
/// @param id the same whenever the same rater ranks the same prompt, so that a repeat does no harm
/// @param groups ids of candidates, best first; candidates in one group are equally good. Empty
///     when `notRankable`
public record Ranking(String id, String promptId, String rater, List<List<String>> groups, boolean notRankable) {

    public Ranking {
        groups = groups.stream().map(List::copyOf).toList();
    }
}
