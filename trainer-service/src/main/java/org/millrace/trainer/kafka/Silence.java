package org.millrace.trainer.kafka;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.function.Predicate;

/// Tells people since when nothing comes of what is waited for. They hear it once, not again and again:
/// the words name a time that does not change. For one thread.
final class Silence {

    private final Duration worthTelling;
    private final InstantSource clock;
    private final Predicate<String> people;
    private Instant since;
    private Instant lastWord = Instant.MIN;
    private String told = "";

    /// @param worthTelling what is shorter is none; two words are at least so far apart
    /// @param people take a word, empty when there is nothing to tell any more; false: they cannot be told
    ///     now
    Silence(Duration worthTelling, InstantSource clock, Predicate<String> people) {
        this.worthTelling = worthTelling;
        this.clock = clock;
        this.people = people;
        since = clock.instant();
    }

    /// Something came, or the wait begins.
    void broken() {
        since = clock.instant();
    }

    /// @param awaited what is waited for and how much of it is there: "round 3: 41 of 64 rollouts"
    void goesOn(String awaited) {
        Instant now = clock.instant();
        String word = now.isBefore(since.plus(worthTelling))
                ? ""
                : "%s, none since %s".formatted(awaited, since.truncatedTo(ChronoUnit.SECONDS));
        if (!word.equals(told) && !now.isBefore(lastWord.plus(worthTelling))) {
            lastWord = now;
            told = people.test(word) ? word : told;
        }
    }

    /// Nothing is waited for any more.
    void over() {
        if (!told.isEmpty() && people.test("")) {
            told = "";
        }
    }
}
