package org.millrace.trainer.command;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.millrace.trainer.Rendezvous;
import picocli.CommandLine.Option;

/// How many processes train, and which of them this is.
final class RankOptions {

    private static final String INDEX = "JOB_COMPLETION_INDEX";

    @Option(
            names = "--ranks",
            paramLabel = "N",
            description = "Processes on this machine that train together, 1 to 64 (default: 1).")
    private int ranks = 1;

    @Option(
            names = "--world",
            paramLabel = "N",
            description = "Processes that train together, on whatever machines; this is one of them.")
    private int world;

    @Option(
            names = "--rank",
            paramLabel = "R",
            description = "Which of them, from 0 (default: " + INDEX + ", as a Kubernetes Indexed Job sets it).")
    private @Nullable Integer rank;

    @Option(
            names = "--rendezvous",
            paramLabel = "HOST:PORT",
            description = "Where rank 0 listens, as this process reaches it.")
    private @Nullable String rendezvous;

    @Option(
            names = "--timeout",
            paramLabel = "SECONDS",
            description = "After so long a silence another rank counts as lost, 1 to 86,400 (default: 60). Longer than"
                    + " rank 0 takes to write its state or the model.")
    private int timeout = 60;

    @Option(
            names = "--join-timeout",
            paramLabel = "SECONDS",
            description = "How long all ranks may take to be there, 1 to 86,400 (default: 300).")
    private int joinTimeout = 300;

    /// Of this machine; more than one are started from here.
    int local() {
        within("--ranks", ranks, 1, 64);
        if (ranks > 1 && world > 0) {
            throw new IllegalArgumentException(
                    "--ranks: expected no --world beside it, for these are all, got %d and %d".formatted(ranks, world));
        }
        return ranks;
    }

    Duration timeout() {
        within("--timeout", timeout, 1, 86_400);
        return Duration.ofSeconds(timeout);
    }

    /// This process among others; empty if it is alone.
    ///
    /// @param environment of the process
    Optional<Rendezvous> place(Map<String, String> environment) {
        Duration patience = timeout();
        within("--join-timeout", joinTimeout, 1, 86_400);
        if (world == 0) {
            if (rank != null || rendezvous != null) {
                throw new IllegalArgumentException("--world: expected how many ranks there are, got nothing");
            }
            return Optional.empty();
        }
        String where = rendezvous == null ? "" : rendezvous;
        int colon = where.lastIndexOf(':');
        if (colon < 1) {
            throw new IllegalArgumentException(
                    "--rendezvous: expected HOST:PORT of rank 0 beside --world, got \"%s\"".formatted(where));
        }
        int own = rank(environment);
        int port = number("--rendezvous: port", where.substring(colon + 1));
        try {
            return Optional.of(new Rendezvous(
                    own, world, where.substring(0, colon), port, patience, Duration.ofSeconds(joinTimeout)));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("--" + e.getMessage(), e);
        }
    }

    private int rank(Map<String, String> environment) {
        if (rank != null) {
            return rank;
        }
        String index = environment.get(INDEX);
        if (index == null) {
            throw new IllegalArgumentException(
                    "--rank: expected it or %s beside --world, got neither".formatted(INDEX));
        }
        return number(INDEX, index);
    }

    private static int number(String name, String text) {
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("%s: expected a number, got \"%s\"".formatted(name, text), e);
        }
    }

    private static void within(String name, int value, int least, int most) {
        if (value < least || value > most) {
            throw new IllegalArgumentException("%s: expected %,d to %,d, got %,d".formatted(name, least, most, value));
        }
    }
}
