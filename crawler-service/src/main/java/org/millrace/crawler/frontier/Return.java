package org.millrace.crawler.frontier;

import java.time.Instant;
import org.millrace.crawler.manners.Standing;

/// How a turn ends: the host comes back, and the URL with it unless it has a result.
///
/// @param readyAt the host may be asked again from then on
/// @param standing of the host now
/// @param again the URL goes back into its queue
/// @param tries requests for it that failed so far
/// @param due it may be tried again from then on
public record Return(Instant readyAt, Standing standing, boolean again, int tries, Instant due) {

    /// The URL stays leased until it is finished.
    public static Return done(Instant readyAt, Standing standing) {
        return new Return(readyAt, standing, false, 0, Instant.EPOCH);
    }

    public static Return again(int tries, Instant due, Instant readyAt, Standing standing) {
        return new Return(readyAt, standing, true, tries, due);
    }
}
