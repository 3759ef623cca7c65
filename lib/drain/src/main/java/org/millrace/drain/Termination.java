package org.millrace.drain;

import java.util.function.BooleanSupplier;
import java.util.function.IntConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import sun.misc.Signal;

/// SIGTERM, in place of what the framework does at once.
public final class Termination {

    private static final Logger LOGGER = LoggerFactory.getLogger(Termination.class);

    private Termination() {}

    /// On each SIGTERM from now on.
    ///
    /// @param drain says whether it ended whole; on a thread of its own
    /// @param exit ends the process with a code: 0 if the drain ended whole, else 1
    public static void handle(BooleanSupplier drain, IntConsumer exit) {
        Signal.handle(new Signal("TERM"), signal -> Thread.ofPlatform()
                .name("drain")
                .uncaughtExceptionHandler((thread, cause) -> {
                    LOGGER.error("the drain broke off, the process ends", cause);
                    exit.accept(1);
                })
                .start(() -> exit.accept(drain.getAsBoolean() ? 0 : 1)));
    }
}
