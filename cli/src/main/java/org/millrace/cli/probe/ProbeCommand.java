package org.millrace.cli.probe;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.grpc.StatusRuntimeException;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;
import org.millrace.cli.Failure;
import org.millrace.cli.StateOption;
import org.millrace.cli.client.Answers;
import org.millrace.cli.client.Endpoints;
import org.millrace.cli.data.kafka.Sending;
import org.millrace.cli.probe.Finding.Knowledge;
import org.millrace.cli.probe.kafka.Pages;
import org.millrace.cli.runtime.SystemState;
import org.millrace.events.Events;
import org.millrace.proto.events.v1.ConversationSubmitted;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// Finds out where the served model makes answers up, and submits conversations that teach it not to.
@Command(
        name = "probe",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Asks the served model about what the pages say, several times each question. Where it is wrong every time, a",
            "conversation is submitted in which it says that it does not know; where it is right every time, one with its own",
            "answer, so that it does not learn to refuse everything. The next fine-tuning learns from both. The questions",
            "are those of a file, or a served model writes them about pages that were kept."
        })
public final class ProbeCommand implements Callable<Integer> {

    private static final Pattern NAME = Pattern.compile("[a-z0-9-]{1,64}");
    private static final Events EVENTS = new Events("cli");
    private static final ObjectMapper JSON = new ObjectMapper();

    /// Of one call, on a slow machine.
    private static final Duration PATIENCE = Duration.ofMinutes(10);

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before call()
    private CommandSpec spec;

    @Mixin
    @SuppressWarnings("NullAway.Init")
    private StateOption state;

    @Option(names = "--model", required = true, paramLabel = "NAME", description = "The model to probe.")
    @SuppressWarnings("NullAway.Init")
    private String model;

    @Option(
            names = "--questions",
            paramLabel = "FILE",
            description =
                    "Questions, a JSON object a line: {\"question\": …, \"answers\": [\"…\"]}; no answers: nobody can know.")
    private @Nullable Path questions;

    @Option(
            names = "--writer",
            paramLabel = "NAME",
            description = "A served model that writes the questions instead, about pages that were kept.")
    private @Nullable String writer;

    @Option(names = "--pages", paramLabel = "N", description = "Pages to write about, 1 to 100,000 (default: 500).")
    private int pages = 500;

    @Option(names = "--times", paramLabel = "N", description = "Each question is asked, 1 to 64 times (default: 5).")
    private int times = 5;

    @Option(
            names = "--temperature",
            paramLabel = "T",
            description = "Of the answers, above 0 to 2 (default: 0.7); 0 asks once.")
    private float temperature = 0.7f;

    @Option(
            names = "--max-tokens",
            paramLabel = "N",
            description = "Longest answer, at least 1 (default: as the server has it).")
    private @Nullable Integer maxTokens;

    @Option(names = "--seed", paramLabel = "N", description = "Of pages and answers (default: 1).")
    private long seed = 1;

    @Option(
            names = "--refusal",
            paramLabel = "TEXT",
            description =
                    "A way to say \"I don't know\", as the model does or is to do; again for more (default: three).")
    private List<String> refusals = List.of("I don't know.", "I do not know.", "I'm not sure about that.");

    @Option(names = "--made-up", paramLabel = "DATASET", description = "Data set of the refusals (default: made-up).")
    private String madeUp = "made-up";

    @Option(names = "--known", paramLabel = "DATASET", description = "Data set of the right answers (default: known).")
    private String known = "known";

    @Option(names = "--dry-run", description = "Submits nothing.")
    private boolean dryRun;

    @Option(names = "--out", paramLabel = "FILE", description = "Also every question with its answers, as JSON lines.")
    private @Nullable Path out;

    @Override
    public Integer call() throws IOException, InterruptedException {
        check();
        SystemState now = SystemState.read(state.home())
                .orElseThrow(
                        () -> new Failure("Nothing is up in %s; start with ./millrace up or ./millrace demo --keep."
                                .formatted(state.home().state())));
        String bootstrap = now.layout().bootstrapServers();
        try (Endpoints endpoints = new Endpoints(now.layout())) {
            Answers answers = new Answers(endpoints, PATIENCE);
            List<Question> asked = questions(answers, bootstrap);
            Judge judge = new Judge(refusals);
            int rounds = temperature == 0 ? 1 : times;
            List<Finding> findings = new Probing(
                            new Served(answers, model, temperature, longest(), false), judge, rounds, seed)
                    .of(asked);
            List<ConversationSubmitted> lessons = new Lessons(model, refusals, madeUp, known).from(findings);
            if (!dryRun && !lessons.isEmpty()) {
                submit(bootstrap, lessons);
            }
            tell(findings, rounds, dryRun ? 0 : lessons.size());
            if (out != null) { // last: what took hours is told and submitted even if there is no place for it
                write(out, findings);
            }
        } catch (StatusRuntimeException e) {
            throw new Failure("The inference service says " + e.getStatus(), e);
        } catch (KafkaException e) {
            throw new Failure("Could not read the log at %s: %s".formatted(bootstrap, e.getMessage()), e);
        }
        return 0;
    }

    private void check() {
        if ((questions == null) == (writer == null)) {
            throw wrong("--questions, --writer: expected one of them, got %s"
                    .formatted(questions == null ? "none" : "both"));
        }
        within("--pages", pages, 100_000);
        within("--times", times, 64);
        within("--max-tokens", maxTokens == null ? 1 : maxTokens, 1_000_000);
        if (!(temperature >= 0 && temperature <= 2)) {
            throw wrong("--temperature: expected 0 to 2, got " + temperature);
        }
        named("--made-up", madeUp);
        named("--known", known);
        for (String refusal : refusals) {
            if (Wording.words(refusal).isEmpty()) {
                throw wrong("--refusal: expected some words, got \"%s\"".formatted(refusal));
            }
        }
    }

    private void within(String name, int value, int most) {
        if (value < 1 || value > most) {
            throw wrong(String.format(Locale.ROOT, "%s: expected 1 to %,d, got %,d", name, most, value));
        }
    }

    private void named(String name, String dataset) {
        if (!NAME.matcher(dataset).matches()) {
            throw wrong("%s: expected %s, got \"%s\"".formatted(name, NAME, dataset));
        }
    }

    private List<Question> questions(Answers answers, String bootstrap) throws IOException, InterruptedException {
        if (questions != null) {
            return QuestionFile.read(questions);
        }
        List<Snippet> snippets = Pages.snippets(bootstrap, pages, seed);
        if (snippets.isEmpty()) {
            throw new Failure("There is no page on the log to write questions about.");
        }
        List<Question> written = new QuestionWriter(
                        new Served(answers, String.valueOf(writer), 0, longest(), true), seed)
                .about(snippets);
        System.err.printf(
                Locale.ROOT,
                "%s wrote %,d questions that its pages answer, about %,d pages%n",
                writer,
                written.size(),
                snippets.size());
        if (written.isEmpty()) {
            throw new Failure(
                    "%s wrote no question that its page answers; name a model that follows instructions, or --questions."
                            .formatted(writer));
        }
        return written;
    }

    private OptionalInt longest() {
        return maxTokens == null ? OptionalInt.empty() : OptionalInt.of(maxTokens);
    }

    private static void submit(String bootstrap, List<ConversationSubmitted> lessons) throws InterruptedException {
        try {
            Sending.all(
                    bootstrap,
                    lessons.stream()
                            .map(lesson -> EVENTS.record(lesson.getConversationId(), lesson))
                            .toList());
        } catch (Sending.Refused e) {
            throw new Failure("Could not write to the log at %s: %s".formatted(bootstrap, e.getMessage()), e);
        }
    }

    private static void write(Path file, List<Finding> findings) throws IOException {
        try (BufferedWriter lines = Files.newBufferedWriter(file)) {
            for (Finding finding : findings) {
                Map<String, Object> line = new LinkedHashMap<>();
                line.put("question", finding.question().text());
                line.put("right", finding.question().answers());
                line.put("source", finding.question().source());
                line.put(
                        "answers",
                        finding.answers().stream().map(Model.Reply::text).toList());
                line.put("knowledge", name(finding.knowledge()));
                lines.write(JSON.writeValueAsString(line));
                lines.newLine();
            }
        }
    }

    private void tell(List<Finding> findings, int rounds, int submitted) throws JsonProcessingException {
        Map<Knowledge, Integer> counts = new EnumMap<>(Knowledge.class);
        for (Knowledge knowledge : Knowledge.values()) {
            counts.put(knowledge, 0);
        }
        findings.forEach(finding -> counts.merge(finding.knowledge(), 1, Integer::sum));
        System.out.printf(Locale.ROOT, "%,d questions, each asked %d times:%n", findings.size(), rounds);
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("model", model);
        json.put("questions", findings.size());
        json.put("times", rounds);
        json.put("temperature", temperature);
        json.put("seed", seed);
        counts.forEach((knowledge, count) -> {
            System.out.printf(
                    Locale.ROOT, "  %-8s %,7d  %5.1f %%%n", name(knowledge), count, 100.0 * count / findings.size());
            json.put(name(knowledge).replace(' ', '_'), count);
        });
        json.put("submitted", submitted);
        System.out.println(JSON.writeValueAsString(json));
    }

    private static String name(Knowledge knowledge) {
        return knowledge.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }

    private ParameterException wrong(String message) {
        return new ParameterException(spec.commandLine(), message);
    }
}
