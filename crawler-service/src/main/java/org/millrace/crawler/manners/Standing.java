package org.millrace.crawler.manners;

import java.time.Instant;

/// How a host stands with the crawler: what it did lately, and how long it is left alone for it.
/// [Politeness] decides; a frontier remembers.
///
/// @param strikes rests that were not forgiven yet; each doubles the next one
/// @param errors network errors since its last answer
/// @param inVain rests since its last usable answer
/// @param restUntil no request before then
/// @param inVainSince when the first of those rests began
/// @param givenUpUntil before then its URLs count as failed, without a request
public record Standing(
        int strikes, int errors, int inVain, Instant restUntil, Instant inVainSince, Instant givenUpUntil) {

    /// Of a host that nothing is known of.
    public static final Standing GOOD = new Standing(0, 0, 0, Instant.EPOCH, Instant.EPOCH, Instant.EPOCH);

    public boolean isGivenUp(Instant now) {
        return now.isBefore(givenUpUntil);
    }

    public boolean rests(Instant now) {
        return now.isBefore(restUntil);
    }

    Standing answered() {
        return new Standing(strikes, 0, 0, restUntil, Instant.EPOCH, givenUpUntil);
    }

    Standing failed() {
        return new Standing(strikes, errors + 1, inVain, restUntil, inVainSince, givenUpUntil);
    }
}
