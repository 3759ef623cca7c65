package org.millrace.cli.train;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.millrace.cli.train.FakeTrainer.figures;
import static org.millrace.cli.train.FakeTrainer.state;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.grpc.Status;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.millrace.cli.Failure;
import org.millrace.proto.events.v1.Message.Role;
import org.millrace.proto.events.v1.Pretrain;
import org.millrace.proto.events.v1.TrainingJob.State;
import org.millrace.proto.events.v1.TrainingPlan;
import org.millrace.proto.events.v1.TrainingPrompt;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

/// The commands as a user calls them, with a trainer that plays its part. No terminal: it is as in a pipe.
class TrainCommandTest {

    /// Options that are not of the plan.
    private static final Set<String> OTHERS =
            Set.of("--state", "--run", "--minutes", "--detach", "--tensorboard", "--help", "--version");

    @TempDir
    Path folder;

    private final ByteArrayOutputStream printed = new ByteArrayOutputStream();
    private final PrintStream out = System.out;
    private FakeTrainer trainer;
    private String failure = "";

    @BeforeEach
    void start() throws IOException {
        System.setOut(new PrintStream(printed, true, UTF_8));
        trainer = new FakeTrainer(folder);
    }

    @AfterEach
    void stop() throws InterruptedException {
        System.setOut(out);
        trainer.close();
    }

    @Test
    void aRunIsSubmittedAndShownToItsEnd() {
        trainer.tells(
                Status.OK,
                state(State.STATE_QUEUED, ""),
                figures(1, 0.1, Map.of("loss_nats", 5.0, "tokens_per_second", 8200.0)),
                figures(2, 0.5, Map.of("bits_per_byte", 1.5)),
                figures(10, 1, Map.of("loss_nats", 2.0)),
                state(State.STATE_SUCCEEDED, ""));

        int code = run(
                "pretrain",
                "--model",
                "base",
                "--tokenizer",
                "words",
                "--depth",
                "4",
                "--steps",
                "10",
                "--minutes",
                "0.5",
                "--run",
                "first",
                "--tensorboard",
                folder.resolve("board").toString());

        assertThat(code).as(failure).isZero();
        assertThat(trainer.submitted).singleElement().satisfies(request -> {
            assertThat(request.getRunId()).isEqualTo("first");
            assertThat(request.getPlan())
                    .isEqualTo(TrainingPlan.newBuilder()
                            .setModel("base")
                            .setTokenizer("words")
                            .setMaxSteps(10)
                            .setMaxSeconds(30)
                            .setPretrain(Pretrain.newBuilder().setDepth(4))
                            .build());
        });
        assertThat(text())
                .contains("Run first: queued.")
                .contains("100%")
                .contains("Run first has succeeded: step 10 loss 2.000 bpb 1.500 8,200 tok/s; the model is published"
                        + " as base.")
                .doesNotContain("\u001B", "\r");
        assertThat(folder.resolve("board/first/events.out.tfevents.0.millrace")).isNotEmptyFile();
    }

    /// Or a field could be added to the contract that nobody can set. Every option is given a value; what is
    /// still unset in the plan had none.
    @Test
    void everyFieldOfEveryStageHasAnOption() throws IOException {
        Path prompts = Files.writeString(folder.resolve("prompts.jsonl"), "{\"prompt\": \"Why?\"}\n");
        TreeSet<String> unset = new TreeSet<>();
        for (String stage : List.of("pretrain", "sft", "reward", "ppo")) {
            CommandSpec command = Objects.requireNonNull(
                            new CommandLine(new TrainCommand()).getSubcommands().get(stage))
                    .getCommandSpec();
            List<String> arguments = new ArrayList<>(List.of(stage, "--detach", "--run", "run-" + stage));
            command.options().stream()
                    .filter(option -> !OTHERS.contains(option.longestName()))
                    .forEach(option -> {
                        arguments.add(option.longestName());
                        arguments.add(
                                option.longestName().equals("--prompts")
                                        ? prompts.toString()
                                        : value(option.type(), option.paramLabel()));
                    });

            assertThat(run(arguments.toArray(String[]::new))).as(failure).isZero();

            unset(trainer.submitted.getLast().getPlan(), unset);
        }

        assertThat(unset)
                .containsExactly(
                        "Sampling.seed", // the trainer's
                        "Sampling.top_k", // must be off
                        "Sampling.top_p",
                        "TrainingPlan.base", // of pretraining
                        "TrainingPrompt.reference"); // as the file has none
    }

    private static String value(Class<?> type, String label) {
        return type == Map.class
                ? "a=2"
                : type == Boolean.class ? "true" : type == String.class ? label.split("\\|", -1)[0].strip() : "3";
    }

    private static void unset(Message message, TreeSet<String> into) {
        Descriptor type = message.getDescriptorForType();
        for (FieldDescriptor field : type.getFields()) {
            boolean set = field.isRepeated() ? message.getRepeatedFieldCount(field) > 0 : message.hasField(field);
            if (!set) {
                if (field.getRealContainingOneof() == null) {
                    into.add(type.getName() + "." + field.getName());
                }
            } else if (field.getJavaType() == FieldDescriptor.JavaType.MESSAGE && !field.isMapField()) {
                unset(
                        (Message) (field.isRepeated() ? message.getRepeatedField(field, 0) : message.getField(field)),
                        into);
            }
        }
    }

    @Test
    void whatTheTrainerRefusesIsWrongUsage() {
        trainer.refuses(Status.INVALID_ARGUMENT.withDescription("plan.pretrain.depth: expected 1 to 64, got 0"));

        assertThat(run("pretrain", "--model", "base", "--tokenizer", "words", "--steps", "1"))
                .isEqualTo(2);
        assertThat(failure).contains("plan.pretrain.depth: expected 1 to 64, got 0");
    }

    @Test
    void aRunThatFailsSaysWhy() {
        trainer.tells(Status.OK, state(State.STATE_RUNNING, ""), state(State.STATE_FAILED, "no \u001B[2Jdocuments"));

        assertThat(run("watch", "first")).isEqualTo(1);
        assertThat(failure).isEqualTo("The run first has failed: no \uFFFD[2Jdocuments");
    }

    @Test
    void whatARunWaitsForIsShown() {
        trainer.tells(
                Status.OK,
                state(State.STATE_RUNNING, "round 1: 0 of 4 rollouts, none since 2026-01-02T03:04:05Z"),
                state(State.STATE_CANCELLED, ""));

        assertThat(run("watch", "first")).isEqualTo(1);
        assertThat(text()).contains("waits, round 1: 0 of 4 rollouts, none since 2026-01-02T03:04:05Z");
    }

    @Test
    void aRunThatNobodyKnowsIsNamed() {
        assertThat(run("watch", "nobody")).isEqualTo(1);
        assertThat(failure).isEqualTo("run_id: expected a submitted run, got \"nobody\"");
    }

    /// It tells everything again when it is back, and a run that had no state kept goes back some steps.
    @Test
    void aTrainerThatIsStartedAgainIsAskedAgain() {
        trainer.tells(
                Status.UNAVAILABLE,
                figures(1, 0.2, Map.of("loss_nats", 5.0)),
                figures(2, 0.4, Map.of("loss_nats", 4.0, "bits_per_byte", 3.0)));
        trainer.tells(
                Status.OK,
                figures(1, 0.2, Map.of("loss_nats", 5.0)),
                figures(2, 0.4, Map.of("loss_nats", 4.0, "bits_per_byte", 3.0)),
                figures(1, 0.2, Map.of("loss_nats", 4.5)),
                state(State.STATE_SUCCEEDED, ""));

        assertThat(run("watch", "first")).as(failure).isZero();
        assertThat(text()).contains("succeeded: step 1 loss 4.500");
    }

    @Test
    void aRunIsCancelledOnce() {
        assertThat(run("cancel", "first")).isZero();
        assertThat(text()).contains("Run first is cancelled");

        trainer.answersCancel(State.STATE_SUCCEEDED);
        assertThat(run("cancel", "first")).isEqualTo(1);
        assertThat(failure).isEqualTo("The run first has succeeded already.");
    }

    @Test
    void promptsAreReadFromLinesOfJson() throws IOException {
        Path file = Files.writeString(folder.resolve("prompts.jsonl"), """
                {"prompt": "Capital of Chad?", "reference": "N'Djamena"}

                {"messages": [{"role": "system", "content": "Be short."}, {"role": "user", "content": "Why?"}]}
                """);

        List<TrainingPrompt> prompts = Prompts.read(file);

        assertThat(prompts).hasSize(2);
        assertThat(prompts.getFirst().getReference()).isEqualTo("N'Djamena");
        assertThat(prompts.getFirst().getMessages(0).getRole()).isEqualTo(Role.ROLE_USER);
        assertThat(prompts.getLast().getMessagesList())
                .extracting(message -> message.getRole() + " " + message.getContent())
                .containsExactly("ROLE_SYSTEM Be short.", "ROLE_USER Why?");
    }

    @Test
    void aPromptThatIsNoneIsNamed() throws IOException {
        assertThat(ppo("{\"prompt\": 3}")).isEqualTo(":1: prompt: expected a text of at least one character, got 3");
        assertThat(ppo("\n{\"question\": \"a\"}"))
                .isEqualTo(":2: expected fields of [messages, prompt, reference], got question");
        assertThat(ppo("{\"prompt\": \"a\", \"messages\": []}"))
                .isEqualTo(":1: prompt: expected a text, or else \"messages\", got \"a\"");
        assertThat(ppo("{\"messages\": []}"))
                .isEqualTo(":1: messages: expected an array of at least one object, got []");
        assertThat(ppo("{\"messages\": [{\"role\": \"tool\", \"content\": \"\"}]}"))
                .isEqualTo(":1: messages[0]: role: expected system, user or assistant, got \"tool\"");
        assertThat(ppo("nonsense")).startsWith(":1: expected one JSON object, got ");
        assertThat(trainer.submitted).isEmpty();
    }

    private String ppo(String lines) throws IOException {
        Path file = Files.writeString(folder.resolve("prompts.jsonl"), lines);
        assertThat(run("ppo", "--model", "a", "--base", "a", "--reward", "r", "--steps", "1", "--prompts", "" + file))
                .isEqualTo(1);
        return failure.replace(file.toString(), "");
    }

    @Test
    void wrongUsageIsRefusedBeforeAnythingIsSubmitted() {
        assertThat(run("pretrain", "--model", "a", "--max-seconds", "3", "--minutes", "1"))
                .isEqualTo(2);
        assertThat(failure).contains("--minutes: expected nothing beside --max-seconds");
        assertThat(run("pretrain", "--model", "a", "--minutes", "0")).isEqualTo(2);
        assertThat(run("pretrain", "--model", "a", "--depth", "four")).isEqualTo(2);
        assertThat(failure).contains("--depth").contains("'four'");
        assertThat(run("pretrain", "--model", "a", "--run", "A b")).isEqualTo(2);
        assertThat(run("pretrain", "--model", "a", "--base", "b")).isEqualTo(2);
        assertThat(trainer.submitted).isEmpty();
    }

    private int run(String... arguments) {
        String[] all = Arrays.copyOf(arguments, arguments.length + 2);
        all[arguments.length] = "--state";
        all[arguments.length + 1] = folder.toString();
        failure = "";
        CommandLine command = new CommandLine(new TrainCommand());
        return command.setExecutionExceptionHandler((e, line, parsed) -> {
                    assertThat(e).isInstanceOf(Failure.class);
                    failure = String.valueOf(e.getMessage());
                    return 1;
                })
                .setParameterExceptionHandler((e, args) -> {
                    failure = String.valueOf(e.getMessage());
                    return 2;
                })
                .execute(all);
    }

    private String text() {
        return printed.toString(UTF_8);
    }
}
