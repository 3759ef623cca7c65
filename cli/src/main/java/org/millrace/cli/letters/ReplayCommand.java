package org.millrace.cli.letters;

import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Callable;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.millrace.cli.Failure;
import org.millrace.cli.LogOption;
import org.millrace.cli.runtime.LocalLog;
import org.millrace.exactlyonce.DeadLetterReplay;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// Sends the letters of a topic back to it.
@Command(
        name = "replay",
        mixinStandardHelpOptions = true,
        description = {
            "Sends the dead letters of a topic back to it, each exactly once: a second replay sends what has come since.",
            "What is still broken comes back as a new dead letter that counts its replays. The last line is one JSON",
            "object."
        })
final class ReplayCommand implements Callable<Integer> {

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before call()
    private CommandSpec spec;

    @Mixin
    @SuppressWarnings("NullAway.Init")
    private LogOption log;

    @Parameters(paramLabel = "TOPIC", description = "Topic whose letters to replay, with or without .dlq.")
    @SuppressWarnings("NullAway.Init")
    private String topic;

    @Option(
            names = "--most",
            defaultValue = "3",
            paramLabel = "N",
            description =
                    "Letters that were replayed so often are passed over for good; at least 1 (default: ${DEFAULT-VALUE}).")
    private int most;

    @Override
    public Integer call() throws IOException {
        if (most < 1) {
            throw new ParameterException(spec.commandLine(), "--most: expected at least 1, got " + most);
        }
        String name = TopicName.of(topic);
        DeadLetterReplay.Outcome outcome;
        try (LocalLog open = log.open()) {
            outcome = new DeadLetterReplay(Map.of("bootstrap.servers", open.bootstrapServers()), most, PATIENCE)
                    .replay(name);
        } catch (ProducerFencedException e) {
            throw new Failure(
                    "Another replay of %s was started meanwhile and goes on with the rest.".formatted(name), e);
        } catch (KafkaException e) {
            throw new Failure(
                    "The replay of %s did not end (%s); start it again, it goes on where this one stopped."
                            .formatted(name, e.getMessage()),
                    e);
        }
        System.out.println(
                outcome.replayed() == 0
                        ? "Nothing to replay in %s.".formatted(name)
                        : "%d letters are on %s again.".formatted(outcome.replayed(), name));
        if (outcome.givenUp() > 0) {
            System.out.printf(
                    "%d letters were replayed %d times before and are passed over; ./millrace dead-letters list %s shows them.%n",
                    outcome.givenUp(), most, name);
        }
        if (outcome.foreign() > 0) {
            System.out.printf(
                    "%d records there are no dead letters of this topic and are passed over.%n", outcome.foreign());
        }
        System.out.printf(
                "{\"topic\":\"%s\",\"replayed\":%d,\"given_up\":%d,\"foreign\":%d}%n",
                name, outcome.replayed(), outcome.givenUp(), outcome.foreign());
        return 0;
    }
}
