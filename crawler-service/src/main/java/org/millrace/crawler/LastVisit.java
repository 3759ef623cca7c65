package org.millrace.crawler;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HexFormat;
import org.millrace.crawler.web.Fetch;
import org.millrace.crawler.web.Version;

/// What is remembered of a page from one visit to the next.
///
/// @param at when it was visited; [Instant#EPOCH] if never
/// @param interval until the next visit, zero if there is none
/// @param sha256 of the decoded body, lowercase hex, empty if there never was one
/// @param version what a conditional request names
public record LastVisit(Instant at, Duration interval, String sha256, Version version) {

    /// Of a page that was not visited yet.
    public static final LastVisit NONE = new LastVisit(Instant.EPOCH, Duration.ZERO, "", Version.UNKNOWN);

    public boolean isNone() {
        return at.equals(Instant.EPOCH);
    }

    /// The page is to be visited again.
    public boolean returns() {
        return !interval.isZero();
    }

    public Instant nextDue() {
        return at.plus(interval);
    }

    /// This visit's bytes are those of the visit before.
    boolean isSame(String bodySha256) {
        return !sha256.isEmpty() && sha256.equals(bodySha256);
    }

    /// What is remembered after another visit.
    ///
    /// @param bodySha256 of the body that came, empty if none did: then the last one's is kept, as a
    ///     page may be away for a day and come back as it was
    LastVisit then(Fetch fetch, String bodySha256, Revisits revisits, Instant now) {
        Instant later = at.plusMillis(1);
        Instant visited = (now.isBefore(later) ? later : now).truncatedTo(ChronoUnit.MILLIS);
        boolean changed = !bodySha256.isEmpty() && !isSame(bodySha256);
        Version named =
                switch (fetch) {
                    case Fetch.Fetched page -> page.headers().version();
                    case Fetch.Unchanged page -> page.headers().version().or(version);
                    case Fetch.Redirected _, Fetch.Disallowed _, Fetch.HttpError _, Fetch.Failed _ -> version;
                };
        return new LastVisit(
                visited, revisits.next(interval, changed), bodySha256.isEmpty() ? sha256 : bodySha256, named);
    }

    static String sha256(byte[] body) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(body));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
