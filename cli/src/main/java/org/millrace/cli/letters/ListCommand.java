package org.millrace.cli.letters;

import java.io.IOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;
import org.millrace.cli.Failure;
import org.millrace.cli.LogOption;
import org.millrace.cli.report.PlainText;
import org.millrace.cli.runtime.LocalLog;
import org.millrace.events.DeadLetters;
import org.millrace.events.Events;
import org.millrace.events.Topics;
import org.millrace.proto.options.v1.Topic;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Which letters there are, why, and how many of them wait for a replay.
@Command(
        name = "list",
        mixinStandardHelpOptions = true,
        description = "Shows how many dead letters each topic has; with a topic, the newest of them: where each stood,"
                + " which service gave it up, and why.")
final class ListCommand implements Callable<Integer> {

    @Mixin
    @SuppressWarnings("NullAway.Init")
    private LogOption log;

    @Parameters(arity = "0..1", paramLabel = "TOPIC", description = "Topic whose letters to show.")
    private @Nullable String topic;

    @Option(
            names = "--newest",
            defaultValue = "20",
            paramLabel = "N",
            description = "Letters to show at most (default: ${DEFAULT-VALUE}).")
    private int newest;

    @Override
    public Integer call() throws IOException {
        String wanted = topic == null ? null : TopicName.of(topic);
        try (LocalLog open = log.open();
                LetterScan scan = new LetterScan(open.bootstrapServers(), Math.max(1, newest))) {
            if (wanted == null) {
                overview(scan);
            } else {
                letters(wanted, scan.of(Events.deadLetterTopic(wanted)));
            }
        } catch (KafkaException e) {
            throw new Failure("Could not read the dead letters: " + e.getMessage(), e);
        }
        return 0;
    }

    private static void overview(LetterScan scan) {
        List<String> lines = new ArrayList<>();
        for (Topic each : Topics.all()) {
            LetterScan.Letters letters = scan.of(Events.deadLetterTopic(each.getName()));
            if (letters.count() > 0) {
                lines.add("%-28s %8d %8d  %s"
                        .formatted(
                                each.getName(),
                                letters.count(),
                                letters.waiting(),
                                reason(letters.newest().getLast())));
            }
        }
        if (lines.isEmpty()) {
            System.out.println("There are no dead letters.");
            return;
        }
        System.out.printf("%-28s %8s %8s  %s%n", "topic", "letters", "waiting", "why, of the newest");
        lines.forEach(System.out::println);
    }

    private static void letters(String name, LetterScan.Letters letters) {
        System.out.printf("%s: %d letters, %d wait for a replay%n", name, letters.count(), letters.waiting());
        for (ConsumerRecord<String, byte[]> letter : letters.newest()) {
            System.out.printf(
                    "%s  %s/%s  by %s  key %s  %,d bytes  replayed %d times%n    %s%n",
                    Instant.ofEpochMilli(letter.timestamp()).truncatedTo(ChronoUnit.SECONDS),
                    header(letter, DeadLetters.PARTITION),
                    header(letter, DeadLetters.OFFSET),
                    header(letter, DeadLetters.SERVICE),
                    letter.key() == null ? "none" : PlainText.line(letter.key(), 70),
                    letter.value() == null ? 0 : letter.value().length,
                    DeadLetters.replays(letter),
                    reason(letter));
        }
    }

    private static String reason(ConsumerRecord<String, byte[]> letter) {
        return PlainText.line(header(letter, DeadLetters.REASON), 200);
    }

    private static String header(ConsumerRecord<String, byte[]> letter, String name) {
        String value = DeadLetters.header(letter, name);
        return value == null ? "?" : PlainText.line(value, 200);
    }
}
