package org.millrace.cli.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;
import org.millrace.cli.Failure;
import org.millrace.cli.StateOption;
import org.millrace.cli.data.json.JsonFacts;
import org.millrace.cli.data.kafka.LogFacts;
import org.millrace.cli.report.HtmlReport;
import org.millrace.cli.report.Report;
import org.millrace.cli.report.TextReport;
import org.millrace.cli.runtime.Home;
import org.millrace.cli.runtime.LocalLog;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// What the log, or the output of `./millrace clean --json`, says about the data.
@Command(
        name = "report",
        mixinStandardHelpOptions = true,
        description = {
            "Shows what the data holds: pages by rule with examples, duplicates, languages, domains, licences, lengths,",
            "personal data, tokens, and whether it is enough for a model. Reads the log of a system that is up or",
            "stopped, or the output of ./millrace clean --json. Writes one page of HTML and the same as text, whose last",
            "line is one JSON object."
        })
final class ReportCommand implements Callable<Integer> {

    /// nanochat's, for a depth when no tokenizer is on the log.
    private static final int VOCABULARY = 32_768;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before call()
    private CommandSpec spec;

    @Mixin
    @SuppressWarnings("NullAway.Init")
    private StateOption state;

    @ArgGroup
    private Elsewhere elsewhere = new Elsewhere();

    /// Another place than the local system.
    static final class Elsewhere {
        @Option(
                names = "--bootstrap",
                paramLabel = "HOST:PORT",
                description = "A Kafka cluster instead of the local system's log.")
        private @Nullable String bootstrap;

        @Option(
                names = "--json",
                paramLabel = "FILE|DIR|-",
                description = "Output of ./millrace clean --json, or a folder of such files, instead of a log.")
        private @Nullable String json;
    }

    @ArgGroup
    private Meant meant = new Meant();

    /// The model that the data is meant for; without it, the newest on the log.
    static final class Meant {
        @Option(
                names = "--parameters",
                paramLabel = "N",
                description = "Parameters of the model that the data is meant for: 560M, 1.2B.")
        private @Nullable String parameters;

        @Option(
                names = "--depth",
                paramLabel = "D",
                description = "Layers of that model, 1 to 64; the rest follows as in training.")
        private @Nullable Integer depth;
    }

    @Option(
            names = "--vocabulary",
            paramLabel = "V",
            description = "For --depth: ids of the tokenizer (default: that of the newest on the log, else 32768).")
    private @Nullable Integer vocabulary;

    @Option(
            names = "--out",
            paramLabel = "FILE",
            description = "Where the HTML goes (default: data-report.html, in the state folder if it is from there).")
    private @Nullable Path out;

    @Override
    public Integer call() throws IOException {
        checkModel();
        if (elsewhere.json != null) {
            JsonFacts facts = JsonFacts.at(elsewhere.json);
            Profile profile = new Profile(new Retracted());
            facts.read(profile::add);
            if (facts.errors() > 0) {
                System.err.printf("%d pages could not be read by the cleaner and were left out.%n", facts.errors());
            }
            if (facts.unreadable() > 0) {
                System.err.printf("%d lines are no JSON object of a page and were left out.%n", facts.unreadable());
            }
            TokenEstimate tokens = TokenEstimate.byRule(profile.kept().bytes);
            show(
                    profile,
                    elsewhere.json.equals("-") ? "standard input" : elsewhere.json,
                    tokens,
                    model(VOCABULARY),
                    Path.of("data-report.html"));
        } else if (elsewhere.bootstrap != null) {
            showLog(elsewhere.bootstrap, "the log at " + elsewhere.bootstrap, Path.of("data-report.html"));
        } else {
            Home home = state.home();
            try (LocalLog log = LocalLog.open(home)) {
                showLog(
                        log.bootstrapServers(),
                        "the log in " + home.state(),
                        home.state().resolve("data-report.html"));
            }
        }
        return 0;
    }

    private void checkModel() {
        if (meant.depth != null && (meant.depth < 1 || meant.depth > 64)) {
            throw wrong("--depth: expected 1 to 64, got " + meant.depth);
        }
        if (vocabulary != null && (vocabulary < 2 || vocabulary > 1 << 24)) {
            throw wrong("--vocabulary: expected 2 to %d, got %d".formatted(1 << 24, vocabulary));
        }
        model(VOCABULARY);
    }

    private void showLog(String bootstrap, String source, Path html) throws IOException {
        Profile profile;
        Optional<TokenEstimate.Measured> measured;
        ModelSize model;
        try (LogFacts log = new LogFacts(bootstrap)) {
            profile = new Profile(log.retracted());
            log.read(profile::add);
            measured = log.measured();
            model = model(log.vocabulary().orElse(VOCABULARY));
            if (model == null) {
                model = log.newestModel().orElse(null);
            }
            if (log.unreadable() > 0) {
                System.err.printf("%d records are unreadable and were left out.%n", log.unreadable());
            }
        } catch (KafkaException e) {
            throw new Failure("Could not read %s: %s".formatted(source, e.getMessage()), e);
        }
        long bytes = profile.kept().bytes;
        TokenEstimate tokens = measured.map(found -> TokenEstimate.measured(bytes, found))
                .orElseGet(() -> TokenEstimate.byRule(bytes));
        show(profile, source, tokens, model, html);
    }

    private void show(Profile profile, String source, TokenEstimate tokens, @Nullable ModelSize model, Path html)
            throws IOException {
        if (profile.judged() == 0 && profile.outcomes().isEmpty()) {
            throw new Failure("There is no page in %s: crawl something first, with ./millrace crawl or ./millrace demo."
                    .formatted(source));
        }
        Sufficiency sufficiency = model == null ? null : Sufficiency.of(tokens, model);
        Report report = new ProfileReport(profile, source, tokens, sufficiency).report();
        Path file = out == null ? html : out;
        Path folder = file.toAbsolutePath().getParent();
        if (folder != null) {
            Files.createDirectories(folder);
        }
        HtmlReport.write(file, report);
        System.out.println(TextReport.of(report));
        System.out.println("Report: " + file);
        System.out.println(ProfileFigures.json(profile, tokens, sufficiency));
    }

    /// The model that the options name.
    private @Nullable ModelSize model(int vocabularyOfTheLog) {
        if (meant.depth != null) {
            return ModelSize.ofDepth(meant.depth, vocabulary == null ? vocabularyOfTheLog : vocabulary);
        }
        if (meant.parameters == null) {
            return null;
        }
        try {
            return ModelSize.parse(meant.parameters);
        } catch (IllegalArgumentException e) {
            throw wrong("--parameters: " + e.getMessage());
        }
    }

    private ParameterException wrong(String message) {
        return new ParameterException(spec.commandLine(), message);
    }
}
