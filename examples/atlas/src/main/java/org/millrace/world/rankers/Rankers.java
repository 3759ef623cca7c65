package org.millrace.world.rankers;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.millrace.world.Arguments;
import org.millrace.world.World;
import org.millrace.world.rankers.kafka.RankingLoop;

/// Ranks every comparison that is requested, three times, until it is ended or idle for a while:
/// `--world DIR --bootstrap HOST:PORT [--limit ENTITIES] [--seed N] [--idle SECONDS]`.
///
/// Stands for people and for tools that others write: it shares nothing with the system but Kafka.
public final class Rankers {

    private static final Duration FAREWELL = Duration.ofSeconds(8);

    private Rankers() {}

    public static void main(String[] args) {
        try {
            Arguments arguments = Arguments.of(args, List.of("--world", "--bootstrap", "--limit", "--seed", "--idle"));
            World whole = World.read(Path.of(arguments.required("--world")));
            World world = arguments.limit().isPresent()
                    ? whole.limited(arguments.limit().getAsInt())
                    : whole;
            long seed = arguments.number("--seed", Long.MIN_VALUE, Long.MAX_VALUE, world.seed());
            Duration idle = Duration.ofSeconds(arguments.number("--idle", 1, 86_400, Integer.MAX_VALUE));
            String bootstrap = arguments.required("--bootstrap");
            try (RankingLoop loop =
                    new RankingLoop(bootstrap, new AnswerOrder(world), Rater.PANEL, seed, System.err::println)) {
                stopAtSignal(loop);
                System.out.println(loop.run(idle));
            }
        } catch (IOException | IllegalArgumentException e) {
            System.err.println(e.getMessage());
            System.exit(2);
        }
    }

    /// On SIGTERM the loop ends its batch and says what it did before the process goes.
    private static void stopAtSignal(RankingLoop loop) {
        Thread main = Thread.currentThread();
        Runtime.getRuntime().addShutdownHook(Thread.ofPlatform().unstarted(() -> {
            loop.stop();
            try {
                main.join(FAREWELL);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }));
    }
}
