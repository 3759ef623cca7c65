package org.millrace.world.rankers;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.millrace.world.Draw;

/// A simulated person: knows the right order, and errs now and then.
///
/// @param id pseudonym
/// @param errors how often two neighbouring groups are swapped, 0 to 1
public record Rater(String id, double errors) {

    /// A careful one, an ordinary one and a hasty one.
    public static final List<Rater> PANEL =
            List.of(new Rater("rater-ada", 0.02), new Rater("rater-ben", 0.05), new Rater("rater-cleo", 0.10));

    public Rater {
        if (!(errors >= 0 && errors <= 1)) {
            throw new IllegalArgumentException("errors: expected 0 to 1, got " + errors);
        }
    }

    /// The rater's own view. Errors depend on seed, prompt and rater alone: ranked again, the same.
    public Ranking rank(Comparison comparison, AnswerOrder order, long seed) {
        String rankingId = "ranking-" + Draw.id(comparison.promptId() + "/" + id);
        Draw draw = Draw.of(seed, rankingId);
        return order.of(comparison)
                .map(groups -> new Ranking(rankingId, comparison.promptId(), id, erring(groups, draw), false))
                .orElseGet(() -> new Ranking(rankingId, comparison.promptId(), id, List.of(), true));
    }

    private List<List<String>> erring(List<List<String>> groups, Draw draw) {
        List<List<String>> mine = new ArrayList<>(groups);
        for (int i = 0; i + 1 < mine.size(); i++) {
            if (draw.chance(errors)) {
                Collections.swap(mine, i, i + 1);
            }
        }
        return mine;
    }
}
