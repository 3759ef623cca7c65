package org.millrace.trainer;

import java.time.Duration;

/// Where the processes of one run find each other, and which of them this is.
///
/// @param rank 0 to world − 1; rank 0 listens, keeps the state and writes the model
/// @param world how many processes there are, 1 to 4,096
/// @param host of rank 0, as this process reaches it; its own address on the same route is where the
///     others reach this one
/// @param port of rank 0, 1 to 65,535
/// @param patience for one exchange with the others; above 0
/// @param joining how long all may take to be there; above 0
public record Rendezvous(int rank, int world, String host, int port, Duration patience, Duration joining) {

    private static final int MOST = 4_096;

    public Rendezvous {
        expect(world >= 1 && world <= MOST, "world", "1 to %,d".formatted(MOST), world);
        expect(rank >= 0 && rank < world, "rank", "0 to %d, less than world".formatted(world - 1), rank);
        expect(!host.isBlank(), "rendezvous", "HOST:PORT", host);
        expect(port >= 1 && port <= 65_535, "rendezvous port", "1 to 65535", port);
        expect(patience.isPositive(), "timeout", "above 0", patience);
        expect(joining.isPositive(), "join timeout", "above 0", joining);
    }

    private static void expect(boolean holds, String field, String expected, Object got) {
        if (!holds) {
            throw new IllegalArgumentException("%s: expected %s, got %s".formatted(field, expected, got));
        }
    }
}
