package org.millrace.cli.data;

import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.time.Clock;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import org.apache.kafka.common.KafkaException;
import org.millrace.cli.ArtifactsOption;
import org.millrace.cli.Failure;
import org.millrace.cli.LogOption;
import org.millrace.cli.data.kafka.Lineage;
import org.millrace.cli.data.kafka.Retraction;
import org.millrace.cli.data.kafka.Sending;
import org.millrace.cli.runtime.LocalLog;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// Takes a page or a text back, for its owner.
@Command(
        name = "retract",
        mixinStandardHelpOptions = true,
        description = {
            "Takes data back: every document that came from a URL, or one text wherever it came from. It is left out of all",
            "shards that are written from now on, and its page is dropped when it is crawled again. Shards and models that",
            "exist stay as they are: train a new tokenizer or write shards anew, and train on those.",
            "Says which documents it is about, which shards they are in, and which models were trained from those. A URL that",
            "none came from yet is retracted too, for what may come."
        })
final class RetractCommand implements Callable<Integer> {

    private static final int MOST_SHOWN = 20;
    private static final Pattern ID = Pattern.compile("[0-9a-f]{64}");

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before call()
    private CommandSpec spec;

    @Parameters(
            paramLabel = "URL|ID",
            description = "An address as it stands in the data, or a document's id: 64 hexadecimal digits.")
    @SuppressWarnings("NullAway.Init")
    private String what;

    @Option(names = "--reason", paramLabel = "TEXT", description = "Why, for people who ask later.")
    private String reason = "";

    @Option(names = "--undo", description = "Takes an earlier retraction of the same URL or id back.")
    private boolean undo;

    @Mixin
    @SuppressWarnings("NullAway.Init")
    private LogOption log;

    @Mixin
    @SuppressWarnings("NullAway.Init")
    private ArtifactsOption artifacts;

    @Override
    public Integer call() throws IOException, InterruptedException {
        boolean id = ID.matcher(what).matches();
        if (!id) {
            checkUrl();
        }
        try (LocalLog opened = log.open()) {
            publish(opened.bootstrapServers(), id);
            System.out.println((undo ? "No longer retracted: " : "Retracted: ") + what);
            if (!undo) {
                tell(opened.bootstrapServers(), id);
            }
        }
        return 0;
    }

    private void tell(String bootstrap, boolean id) throws IOException {
        try (Lineage lineage = new Lineage(bootstrap)) {
            Lineage.Trace trace = lineage.trace(what, id);
            if (trace.related().isEmpty()) {
                System.out.println(
                        id
                                ? "There is no such document so far: it is left out if it comes."
                                : "No document came from there so far: what comes is left out.");
            } else {
                list(id ? "URLs that it came from" : "Documents that came from there", trace.related());
            }
            if (trace.shards().isEmpty()) {
                System.out.println("No shard on the log holds any.");
                return;
            }
            HeldIn held = HeldIn.of(trace.shards(), trace.ids(), artifacts.open(log));
            if (held.all().isEmpty()) {
                System.out.println("No shard on the log holds any.");
                return;
            }
            if (!held.certainly().isEmpty()) {
                list("Shards that it is in, which stay as they are", held.certainly());
            }
            if (!held.perhaps().isEmpty()) {
                list("Shards that it may be in, whose files could not be read", held.perhaps());
            }
            List<TrainedRun> runs = lineage.trainedFrom(held.all());
            if (runs.isEmpty()) {
                System.out.println("No training run on the log learned from these.");
            } else {
                list("Training runs that learned from these, and their models", runs);
            }
        } catch (KafkaException e) {
            throw new Failure(
                    "It is retracted, but what that is about could not be read from the log at %s: %s"
                            .formatted(bootstrap, e.getMessage()),
                    e);
        }
    }

    private static void list(String title, Collection<?> lines) {
        System.out.printf("%s: %d%n", title, lines.size());
        lines.stream().limit(MOST_SHOWN).forEach(line -> System.out.println("  " + line));
        if (lines.size() > MOST_SHOWN) {
            System.out.printf("  and %d more%n", lines.size() - MOST_SHOWN);
        }
    }

    private void publish(String to, boolean id) throws InterruptedException {
        try {
            if (undo) {
                Retraction.undo(to, what);
            } else {
                Retraction.publish(to, what, id, reason, Clock.systemUTC().millis());
            }
        } catch (Sending.Refused e) {
            throw new Failure("Could not write to the log at %s: %s".formatted(to, e.getMessage()), e);
        }
    }

    private void checkUrl() {
        try {
            URI url = new URI(what);
            if (url.getHost() != null && ("http".equals(url.getScheme()) || "https".equals(url.getScheme()))) {
                return;
            }
        } catch (URISyntaxException e) {
            // said below
        }
        throw new ParameterException(
                spec.commandLine(),
                "URL|ID: expected an absolute http or https URL, or 64 lowercase hexadecimal digits, got \"%s\""
                        .formatted(what));
    }
}
