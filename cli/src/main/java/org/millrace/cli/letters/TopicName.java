package org.millrace.cli.letters;

import java.util.Locale;
import java.util.stream.Collectors;
import org.millrace.cli.Failure;
import org.millrace.events.Topics;
import org.millrace.proto.options.v1.Topic;

/// What people call a topic.
final class TopicName {

    private TopicName() {}

    /// The topic of a name, with or without `.dlq`.
    ///
    /// @throws Failure if no event travels there
    static String of(String name) {
        String topic = name.toLowerCase(Locale.ROOT).replaceFirst("\\.dlq$", "");
        if (Topics.all().stream().noneMatch(known -> known.getName().equals(topic))) {
            throw new Failure("TOPIC: expected one of %s, got %s"
                    .formatted(Topics.all().stream().map(Topic::getName).collect(Collectors.joining(", ")), name));
        }
        return topic;
    }
}
