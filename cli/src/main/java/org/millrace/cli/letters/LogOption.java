package org.millrace.cli.letters;

import java.io.IOException;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.millrace.cli.Failure;
import org.millrace.cli.StateOption;
import org.millrace.cli.runtime.LocalLog;
import org.millrace.events.Topics;
import org.millrace.proto.options.v1.Topic;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Whose log a command means, and which of its topics.
final class LogOption {

    @Mixin
    @SuppressWarnings("NullAway.Init")
    private StateOption state;

    @Option(
            names = "--bootstrap",
            paramLabel = "HOST:PORT",
            description = "A Kafka cluster instead of the local system's log.")
    private @Nullable String bootstrap;

    LocalLog open() throws IOException {
        return bootstrap == null ? LocalLog.open(state.home()) : LocalLog.at(bootstrap);
    }

    /// The topic of a name, with or without `.dlq`.
    ///
    /// @throws Failure if no event travels there
    static String topic(String name) {
        String topic = name.toLowerCase(Locale.ROOT).replaceFirst("\\.dlq$", "");
        if (Topics.all().stream().noneMatch(known -> known.getName().equals(topic))) {
            throw new Failure("TOPIC: expected one of %s, got %s"
                    .formatted(Topics.all().stream().map(Topic::getName).collect(Collectors.joining(", ")), name));
        }
        return topic;
    }
}
