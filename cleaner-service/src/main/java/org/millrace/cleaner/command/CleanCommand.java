package org.millrace.cleaner.command;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.millrace.cleaner.Cleaner;
import org.millrace.cleaner.CleanerConfig;
import org.millrace.cleaner.Page;
import org.millrace.cleaner.StandaloneConfig;
import org.millrace.cleaner.duplicate.Duplicates;
import org.millrace.cleaner.rule.Breach;
import picocli.CommandLine;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// Cleans pages without a broker: each page of the input becomes one line, in the order of the input.
/// Lines come as soon as they are ready, but for a search for duplicates, which has to see all pages first.
///
/// Exit codes: 0 all was read, 1 something could not be read (its line says why), 2 wrong usage.
@Command(
        name = "millrace clean",
        mixinStandardHelpOptions = true,
        version = "millrace 0.1.0",
        sortOptions = false,
        description = "Cleans pages without a running system: one line a page, in the order of the input.",
        footer = {
            "",
            "Each JSON object has source, verdict (kept, dropped or error), rule, value,",
            "threshold, title, text (Markdown-like, personal data masked), body (plain",
            "text of the article alone, personal data NOT masked), language, author, date,",
            "licence, canonical_url, document_id, language_score, masked_spans,",
            "quality_score, toxic_words, bias_words, removed_paragraphs, duplicate_of.",
            "Text is there for dropped pages too. Pages are judged one by one, unless",
            "--duplicates is given.",
            "",
            "Exit codes: 0 all was read, 1 something could not be read, 2 wrong usage.",
            "",
            "  ./millrace clean --json page.html",
            "  ./millrace clean --json --duplicates crawl/warc > documents.jsonl",
            "  curl -s https://example.org/ | ./millrace clean --body -"
        })
public final class CleanCommand implements Callable<Integer> {

    private static final int NOT_ALL_READ = 1;
    private static final String PREFIX = "millrace.cleaner.";

    private final InputStream in;
    private final OutputStream out;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before call()
    private CommandSpec spec;

    @Parameters(
            arity = "1..*",
            paramLabel = "FILE|DIR|-",
            description = "HTML and text files (also .gz), WARC and WET files, folders of all these, or - for one"
                    + " HTML page on standard input.")
    @SuppressWarnings("NullAway.Init")
    private List<String> names;

    @ArgGroup(exclusive = true)
    private @Nullable Format format;

    /// At most one; JSON if none is given.
    private static final class Format {

        @SuppressWarnings("UnusedVariable") // it names the default, and shuts the others out
        @Option(names = "--json", description = "One JSON object a page (default).")
        private boolean json;

        @Option(names = "--text", description = "The Markdown-like text of each page alone.")
        private boolean text;

        @Option(names = "--body", description = "The plain text of each article alone.")
        private boolean body;
    }

    @Option(
            names = "--duplicates",
            description = "Looks for duplicates among all pages, as the service does: near copies, equal texts, and"
                    + " paragraphs that pages of a host share. Lines come out when all is read; until then they"
                    + " lie in a temporary folder. Files of a folder are pages of one host.")
    private boolean duplicates;

    @Option(
            names = "--input",
            paramLabel = "KIND",
            defaultValue = "AUTO",
            description = "How files are read: auto, html, text, or jsonl for lines of JSON objects with \"html\" or"
                    + " \"text\", and \"url\" (default: auto).")
    private Inputs.Kind kind = Inputs.Kind.AUTO;

    @Option(
            names = "--language",
            split = ",",
            paramLabel = "CODE",
            description = "Languages to keep, ISO 639-1 (default: en).")
    private List<String> languages = List.of();

    @Option(
            names = "--set",
            paramLabel = "NAME=VALUE",
            description = "A setting of the cleaner by its name, such as minimum-words=50. The environment counts too:"
                    + " MILLRACE_CLEANER_MINIMUM_WORDS=50.")
    private Map<String, String> settings = Map.of();

    @Option(
            names = "--threads",
            paramLabel = "N",
            description = "Pages cleaned at once, 1 to 256 (default: one a core).")
    private int threads = Runtime.getRuntime().availableProcessors();

    CleanCommand(InputStream in, OutputStream out) {
        this.in = in;
        this.out = out;
    }

    public static void main(String[] args) {
        System.exit(execute(new FileInputStream(FileDescriptor.in), new FileOutputStream(FileDescriptor.out), args));
    }

    static int execute(InputStream in, OutputStream out, String... args) {
        return new CommandLine(new CleanCommand(in, out))
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setParameterExceptionHandler((e, _) -> {
                    PrintWriter err = e.getCommandLine().getErr();
                    err.println("millrace clean: " + e.getMessage());
                    err.println("Try ./millrace clean --help");
                    return CommandLine.ExitCode.USAGE;
                })
                .setExecutionExceptionHandler((e, command, _) -> {
                    if (e instanceof UncheckedIOException cannotWrite) {
                        command.getErr().println("millrace clean: " + cannotWrite.getMessage());
                    } else {
                        e.printStackTrace(command.getErr());
                    }
                    return NOT_ALL_READ;
                })
                .execute(args);
    }

    @Override
    public Integer call() {
        if (threads < 1 || threads > 256) {
            throw new ParameterException(spec.commandLine(), "--threads: expected 1 to 256, got " + threads);
        }
        CleanerConfig config = config();
        Cleaner cleaner = cleaner(config);
        Output output = new Output(out, shown());
        if (duplicates) {
            clean(cleaner, new Duplicates.Settings(config.paragraphDocuments(), config.minimumWords()), output);
        } else {
            clean(input -> line(cleaner, input), output::write);
        }
        return output.errors == 0 ? 0 : NOT_ALL_READ;
    }

    private void clean(Cleaner cleaner, Duplicates.Settings settings, Output output) {
        Scratch scratch;
        try {
            scratch = new Scratch(Files.createTempDirectory("millrace-clean-"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        DuplicateSearch.in(scratch, settings, search -> {
            clean(input -> candidate(cleaner, input), search::add);
            search.finish(output::write);
        });
    }

    private <R> void clean(Function<Input, R> work, Consumer<R> results) {
        try (InOrder<Input, R> inOrder = new InOrder<>(threads, work, results)) {
            Inputs inputs = new Inputs(in, kind);
            names.forEach(name -> inputs.read(name, inOrder::accept));
        }
    }

    private CleanerConfig config() {
        Map<String, String> properties = new HashMap<>();
        settings.forEach((name, value) -> properties.put(name.startsWith(PREFIX) ? name : PREFIX + name, value));
        if (!languages.isEmpty()) {
            properties.put(PREFIX + "languages", String.join(",", languages));
        }
        try {
            return StandaloneConfig.read(properties);
        } catch (RuntimeException e) {
            throw wrongSetting(e);
        }
    }

    private Cleaner cleaner(CleanerConfig config) {
        try {
            return Cleaner.of(config);
        } catch (RuntimeException | IOException e) {
            throw wrongSetting(e);
        }
    }

    private ParameterException wrongSetting(Exception e) {
        return new ParameterException(spec.commandLine(), "--set: " + e.getMessage(), e);
    }

    private static Candidate candidate(Cleaner cleaner, Input input) {
        String url = input instanceof Input.Given(var _, Page page) ? page.url() : "";
        return Candidate.of(line(cleaner, input), url);
    }

    private static Line line(Cleaner cleaner, Input input) {
        return switch (input) {
            case Input.Given(String source, Page page) -> examined(cleaner, source, page);
            case Input.TooLarge(String source) ->
                Line.dropped(
                        source,
                        new Breach(
                                "too-large",
                                "more than " + Page.MAX_BODY_BYTES + " bytes",
                                "at most " + Page.MAX_BODY_BYTES + " bytes"));
            case Input.Unreadable(String source, String why) -> Line.error(source, why);
        };
    }

    /// A page that breaks the cleaner is worth a report, and costs nobody the pages behind it.
    private static Line examined(Cleaner cleaner, String source, Page page) {
        try {
            return Line.of(source, cleaner.examine(page));
        } catch (RuntimeException | StackOverflowError e) {
            return Line.error(source, "the cleaner failed: " + e);
        }
    }

    private Shown shown() {
        if (format != null && format.text) {
            return Shown.TEXT;
        }
        return format != null && format.body ? Shown.BODY : Shown.JSON;
    }

    private enum Shown {
        JSON,
        TEXT,
        BODY
    }

    private static final class Output {
        private static final ObjectMapper JSON = new ObjectMapper();

        private final OutputStream out;
        private final Shown shown;
        private int errors;

        Output(OutputStream out, Shown shown) {
            this.out = out;
            this.shown = shown;
        }

        /// In UTF-8 whatever the locale says, and at once: somebody may wait at the other end of a pipe.
        void write(Line line) {
            errors += line.isUnreadable() ? 1 : 0;
            if (line.isUnreadable() && shown != Shown.JSON) {
                System.err.printf("millrace clean: %s: %s%n", line.source(), line.error());
                return;
            }
            try {
                out.write((text(line) + "\n").getBytes(UTF_8));
                out.flush();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private String text(Line line) throws JsonProcessingException {
            return switch (shown) {
                case JSON -> JSON.writeValueAsString(line);
                case TEXT -> line.text();
                case BODY -> line.body();
            };
        }
    }
}
