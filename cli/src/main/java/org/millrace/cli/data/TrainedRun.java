package org.millrace.cli.data;

import java.util.List;

/// A training run, and what it published.
///
/// @param stage pretrain, fine-tune, …
/// @param models name and version of each that the log still names; a name keeps its newest for sure
/// @param certain false if the shards were written between its submission and its last report: it may have
///     begun before them
public record TrainedRun(String id, String stage, List<String> models, boolean certain) {

    @Override
    public String toString() {
        return "%s (%s%s): %s"
                .formatted(
                        id,
                        stage,
                        certain ? "" : ", perhaps",
                        models.isEmpty() ? "no model of it is on the log" : String.join(", ", models));
    }
}
