package org.millrace.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.URI;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.millrace.artifacts.ArtifactStore;
import org.millrace.artifacts.Reference;
import org.millrace.bpe.Role;
import org.millrace.bpe.SpecialToken;
import org.millrace.bpe.Turn;
import org.millrace.chattemplate.ChatFormat;
import org.millrace.checkpoint.ModelConfig;
import org.millrace.checkpoint.TensorData;
import org.millrace.inference.onnx.OnnxDecoder;
import org.millrace.onnx.Precision;

class ModelsTest {

    private static final Sampling SAMPLING = new Sampling(1, 0, 1, 1);

    private final Path directory;
    private final ArtifactStore store;
    private final Models models;

    ModelsTest(@TempDir Path directory) throws IOException {
        this.directory = directory;
        store = ArtifactStore.open(directory.resolve("store").toUri(), directory.resolve("cache"));
        models = models(Optional.empty());
    }

    @AfterEach
    void close() throws InterruptedException {
        models.close();
    }

    @Test
    void twentySwapsUnderLoadFailNobody() throws Exception {
        models.publish(publication("policy", 1, TinyModel.write(directory, 1)));
        List<Publication> versions = new ArrayList<>();
        for (int version = 2; version <= 21; version++) {
            versions.add(publication("policy", version, TinyModel.write(directory, version)));
        }
        var over = new AtomicBoolean();
        List<Long> seen = new ArrayList<>();
        int answered = 0;
        try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<List<Long>>> streams = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                Callable<List<Long>> caller = () -> askUntil(over);
                streams.add(callers.submit(caller));
            }
            for (Publication version : versions) {
                assertThat(models.publish(version)).isTrue();
            }
            over.set(true);
            for (Future<List<Long>> stream : streams) {
                List<Long> versionsOfStream = stream.get(60, TimeUnit.SECONDS);
                assertThat(versionsOfStream).isSorted();
                answered += versionsOfStream.size();
                seen.addAll(versionsOfStream);
            }
        }
        assertThat(answered).isGreaterThan(20);
        assertThat(seen).contains(21L);
        assertThat(models.find("policy").version()).isEqualTo(21);
        await().untilAsserted(() -> assertThat(models.running()).isZero());
    }

    /// Versions of the answers that one caller got, each whole.
    private List<Long> askUntil(AtomicBoolean over) throws Exception {
        List<Long> versions = new ArrayList<>();
        boolean last;
        do {
            last = over.get();
            Served served;
            Answers answers;
            do {
                served = models.find("policy");
                answers = new Answers(1);
            } while (!served.engine()
                    .submit(new Generation(EngineTest.prompt("the mill"), SAMPLING, 1, 20, true, List.of(), answers)));
            assertThat(answers.tokens(0)).hasSize(20);
            versions.add(served.version());
        } while (!last);
        return versions;
    }

    @Test
    void theVersionThatIsServedChangesNothingAndAnOlderOneIsGoneBackTo() throws Exception {
        Publication first = publication("policy", 1, TinyModel.write(directory, 1));
        Publication second = publication("policy", 2, TinyModel.write(directory, 2));
        Publication third = publication("policy", 3, TinyModel.write(directory, 3));
        corrupt("model.safetensors", third);
        models.publish(first);
        int[] ofFirst = answer(1);
        models.publish(second);
        int[] ofSecond = answer(2);
        assertThat(ofSecond).isNotEqualTo(ofFirst);

        assertThat(models.publish(second)).isFalse();
        assertThatThrownBy(() -> models.publish(third)).isInstanceOf(Refused.class);
        assertThat(answer(2)).isEqualTo(ofSecond);
        assertThat(models.publish(first)).isTrue();

        assertThat(answer(1)).isEqualTo(ofFirst);
    }

    /// What is drawn for one prompt, by a version that is expected to.
    private int[] answer(long version) throws Exception {
        Served served = models.take("policy");
        assertThat(served.version()).isEqualTo(version);
        var answers = new Answers(1);
        served.engine().submit(asked(answers));
        return answers.tokens(0);
    }

    @Test
    void twoNamesMayHaveEqualFiles() throws Exception {
        Path checkpoint = TinyModel.write(directory, 1);

        models.publish(publication("a", 1, checkpoint));
        models.publish(publication("b", 1, checkpoint));

        assertThat(models.all()).extracting(Served::name).containsExactly("a", "b");
    }

    @Test
    void nothingIsLeftOnTheDiskOnceAModelIsMapped() throws Exception {
        models.publish(publication("policy", 1, TinyModel.write(directory, 1)));

        assertThat(directory.resolve("scratch")).isEmptyDirectory();
    }

    @Test
    void aModelIsServedThoughItsFilesCannotBeDeleted() throws Exception {
        try (Models untidy = untidy(OnnxDecoder.factory(1))) {
            untidy.publish(publication("policy", 1, TinyModel.write(directory, 1)));

            assertThat(untidy.find("policy").version()).isEqualTo(1);
        }
    }

    @Test
    void aDecoderThatFailsIsClosedThoughFilesCannotBeDeleted() throws Exception {
        var tooSmall = new GatedDecoder(1);
        try (Models untidy = untidy((checkpoint, rows, precision) -> tooSmall)) {
            Publication publication = publication("policy", 1, TinyModel.write(directory, 1));

            assertThatThrownBy(() -> untidy.publish(publication))
                    .isInstanceOf(Refused.class)
                    .hasCauseInstanceOf(IndexOutOfBoundsException.class);
            assertThat(tooSmall.isClosed()).isTrue();
        }
    }

    @Test
    void aCheckpointWithoutADecoderIsClosedThoughFilesCannotBeDeleted() throws Exception {
        List<FloatBuffer> mapped = new ArrayList<>();
        Decoder.Factory none = (checkpoint, rows, precision) -> {
            mapped.add(checkpoint.weights().floats("model.norm.weight"));
            throw new IOException("no memory for rows");
        };
        try (Models untidy = untidy(none)) {
            Publication publication = publication("policy", 1, TinyModel.write(directory, 1));

            assertThatThrownBy(() -> untidy.publish(publication))
                    .isInstanceOf(Refused.class)
                    .hasMessage("no memory for rows");
            assertThatIllegalStateException()
                    .isThrownBy(() -> mapped.getFirst().get(0))
                    .withMessage("Already closed");
        }
    }

    /// Log-probabilities of the two are near, and not the same.
    @Test
    void aModelIsServedInAsFewBitsAsItsNameSays() throws Exception {
        Path checkpoint = TinyModel.write(directory, 1);
        models.publish(publication("policy", 1, checkpoint));
        models.publish(publication("small", 1, checkpoint));

        double asTrained = logProb("policy");
        double inFewBits = logProb("small");

        assertThat(models.find("policy").precision()).isEqualTo(Precision.FP32);
        assertThat(models.find("small").precision()).isEqualTo(Precision.INT4);
        assertThat(inFewBits).isNotEqualTo(asTrained).isCloseTo(asTrained, within(1.0));
    }

    private double logProb(String model) throws Exception {
        var scoring = new Scoring(EngineTest.prompt("the mill"), List.of(EngineTest.prompt("turns")), 1);
        assertThat(models.find(model).engine().submit(scoring)).isTrue();
        return scoring.result().get(60, TimeUnit.SECONDS).getFirst()[0];
    }

    /// On a disk that deletes nothing.
    private Models untidy(Decoder.Factory decoders) throws IOException {
        Path root = directory.resolve("untidy");
        var scratch = new Scratch(root, place -> {
            if (!place.equals(root)) {
                throw new IOException(place + " is held by somebody");
            }
        });
        return new Models(
                store,
                scratch,
                decoders,
                Precisions.AS_TRAINED,
                Optional.empty(),
                new Engine.Limits(8, 64),
                new Tally(),
                (thread, cause) -> {});
    }

    /// A name is a part of paths.
    @ParameterizedTest
    @ValueSource(strings = {"", "..", "../policy", "a/b", "Policy", "a b"})
    void aNameThatIsNoneIsRefused(String name) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Publication(name, 1, "test", TinyModel.TOKENIZER_VERSION, new TreeMap<>()))
                .withMessageStartingWith("name: expected [a-z0-9-]{1,64}, got \"" + name + "\"");
    }

    @Test
    void filesThatAreNotWhatTheirHashSaysAreRefused() throws Exception {
        Publication publication = publication("policy", 2, TinyModel.write(directory, 2));
        corrupt("model.safetensors", publication);

        assertRefused(publication, "sha256");
    }

    @Test
    void missingFilesAreRefused() throws Exception {
        SortedMap<String, Reference> files = new TreeMap<>(store.putDirectory(TinyModel.write(directory, 2)));
        files.put("config.json", new Reference("file:/gone", "0".repeat(64), 3));

        assertRefused(new Publication("policy", 2, "test", TinyModel.TOKENIZER_VERSION, files), "0".repeat(64));
    }

    @Test
    void aPublicationWithoutWeightsIsRefused() throws Exception {
        SortedMap<String, Reference> files = new TreeMap<>(store.putDirectory(TinyModel.write(directory, 2)));
        files.remove("model.safetensors");

        assertRefused(new Publication("policy", 2, "test", TinyModel.TOKENIZER_VERSION, files), "model.safetensors");
    }

    @Test
    void weightsThatAreNotFiniteAreRefused() throws Exception {
        SortedMap<String, TensorData> weights = TinyModel.weights(TinyModel.config(), 2);
        TensorData norm = Objects.requireNonNull(weights.get("model.layers.1.input_layernorm.weight"));
        norm.values().put(5, Float.NaN);

        assertRefused(
                publication("policy", 2, TinyModel.write(directory, TinyModel.config(), weights)),
                "weight model.layers.1.input_layernorm.weight: expected finite values, got NaN or infinity");
    }

    @Test
    void logitsThatAreNotFiniteAreRefused() throws Exception {
        SortedMap<String, TensorData> weights = TinyModel.weights(TinyModel.config(), 2);
        TensorData norm = Objects.requireNonNull(weights.get("model.norm.weight"));
        for (int i = 0; i < norm.values().remaining(); i++) {
            norm.values().put(i, 3e38f);
        }

        assertRefused(
                publication("policy", 2, TinyModel.write(directory, TinyModel.config(), weights)),
                "canary: expected finite logits");
    }

    @Test
    void aRewardModelIsNoPolicy() throws Exception {
        ModelConfig reward = TinyModel.config().withScalarHead();

        assertRefused(
                publication("policy", 2, TinyModel.write(directory, reward, TinyModel.weights(reward, 2))),
                "head: expected logits over the vocabulary, got a scalar head");
    }

    @Test
    void aTokenizerWithMoreIdsThanTheModelIsRefused() throws Exception {
        ModelConfig c = TinyModel.config();
        var small = new ModelConfig(
                2, 64, 4, 2, 16, 96, c.vocabulary() - 1, 64, 10_000, 1e-5, true, true, false, 0, 1, 0, 1);

        assertRefused(
                publication("policy", 2, TinyModel.write(directory, small, TinyModel.weights(small, 2))),
                "tokenizer: expected at most %d ids as the model has, got %d"
                        .formatted(c.vocabulary() - 1, c.vocabulary()));
    }

    @Test
    void whatIsPausedKeepsItsCacheAndItsVersionWhileANewerOneComes() throws Exception {
        models.publish(publication("policy", 1, TinyModel.write(directory, 1)));
        var alone = new Answers(1);
        models.take("policy").engine().submit(asked(alone));
        int[] uninterrupted = alone.tokens(0);
        var standing = new Answers(1);
        models.take("policy").engine().submit(asked(new Generation.Listener() {
            @Override
            public void drawn(Drawn token) {
                standing.drawn(token);
                if (standing.soFar().size() == 5) {
                    models.enter(Mode.PAUSED);
                }
            }

            @Override
            public void failed(Throwable cause) {
                standing.failed(cause);
            }
        }));
        await().untilAsserted(() -> assertThat(models.mode()).isEqualTo(Mode.PAUSED));

        models.publish(publication("policy", 2, TinyModel.write(directory, 2)));
        var waiting = new Answers(1);
        models.take("policy").engine().submit(asked(waiting));

        assertThat(standing.soFar()).hasSize(5);
        assertThat(models.running("policy")).isEqualTo(1);
        assertThat(models.waiting("policy")).isEqualTo(1);

        models.enter(Mode.SERVING);
        assertThat(standing.tokens(0)).isEqualTo(uninterrupted);
        assertThat(waiting.tokens(0)).hasSize(20).isNotEqualTo(uninterrupted);
    }

    @Test
    void whatIsDrainedFinishesWhatItTookAndTakesNoMore() throws Exception {
        models.publish(publication("policy", 1, TinyModel.write(directory, 1)));
        var taken = new Answers(1);
        models.enter(Mode.PAUSED);
        models.take("policy").engine().submit(asked(taken));

        models.enter(Mode.DRAINING);
        models.enter(Mode.DRAINING);

        assertThatThrownBy(() -> models.take("policy"))
                .isInstanceOfSatisfying(
                        Unserved.class, e -> assertThat(e.reason()).isEqualTo(Unserved.Reason.DRAINING))
                .hasMessage("the server is being drained and takes no requests: ask another one");
        assertThat(taken.tokens(0)).hasSize(20);
        assertThat(models.find("policy").version()).isEqualTo(1);

        models.enter(Mode.SERVING);
        var again = new Answers(1);
        models.take("policy").engine().submit(asked(again));
        assertThat(again.tokens(0)).isEqualTo(taken.tokens(0));
    }

    @Test
    void whoPassedTheCheckBeforeADrainIsNotTaken() throws Exception {
        models.publish(publication("policy", 1, TinyModel.write(directory, 1)));
        Served found = models.take("policy");

        models.enter(Mode.DRAINING);

        assertThat(found.engine().submit(asked(new Answers(1)))).isFalse();
    }

    /// What SIGTERM does.
    @Test
    void aStopUnderLoadCutsNoAnswerOff() throws Exception {
        models.publish(publication("policy", 1, TinyModel.write(directory, 1)));
        var whole = new AtomicInteger();
        try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Unserved.Reason>> refusals = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                Callable<Unserved.Reason> caller = () -> askUntilRefused(whole);
                refusals.add(callers.submit(caller));
            }
            await().until(() -> whole.get() > 20);

            models.close();

            for (Future<Unserved.Reason> refusal : refusals) {
                assertThat(refusal.get(30, TimeUnit.SECONDS)).isEqualTo(Unserved.Reason.DRAINING);
            }
        }
        assertThat(models.running() + models.waiting()).isZero();
    }

    private Unserved.Reason askUntilRefused(AtomicInteger whole) throws Exception {
        try {
            while (true) {
                var answers = new Answers(1);
                while (!models.take("policy").engine().submit(asked(answers))) {
                    Thread.onSpinWait(); // the engine has just taken its last: the next one is asked for
                }
                assertThat(answers.tokens(0)).hasSize(20);
                whole.incrementAndGet();
            }
        } catch (Unserved e) {
            return e.reason();
        }
    }

    private static Generation asked(Generation.Listener listener) {
        return new Generation(EngineTest.prompt("the mill"), SAMPLING, 1, 20, true, List.of(), listener);
    }

    @Test
    void withoutANameTheOnlyModelAnswers() throws Exception {
        models.publish(publication("a", 1, TinyModel.write(directory, 1)));
        assertThat(models.find("").name()).isEqualTo("a");

        models.publish(publication("b", 1, TinyModel.write(directory, 1)));

        assertThatIllegalArgumentException()
                .isThrownBy(() -> models.find(""))
                .withMessage("model: expected one of [a, b], got \"\"");
    }

    @Test
    void withoutANameThePreferredModelAnswers() throws Exception {
        try (Models choosy = models(Optional.of("b"))) {
            choosy.publish(publication("a", 1, TinyModel.write(directory, 1)));
            assertThatThrownBy(() -> choosy.find("")).isInstanceOfSatisfying(Unserved.class, e -> {
                assertThat(e.reason()).isEqualTo(Unserved.Reason.NOT_YET);
                assertThat(e).hasMessage("b has not been published yet");
            });

            choosy.publish(publication("b", 1, TinyModel.write(directory, 1)));

            assertThat(choosy.find("").name()).isEqualTo("b");
        }
    }

    @Test
    void thePreferredModelIsListedFirst() throws Exception {
        try (Models choosy = models(Optional.of("b"))) {
            for (String name : List.of("a", "b", "c")) {
                choosy.publish(publication(name, 1, TinyModel.write(directory, 1)));
            }

            assertThat(choosy.all()).extracting(Served::name).containsExactly("b", "a", "c");
        }
    }

    @Test
    void aWrongNameIsNotTheSameAsNothingYet() throws Exception {
        assertThatThrownBy(() -> models.find("c")).isInstanceOfSatisfying(Unserved.class, e -> assertThat(e.reason())
                .isEqualTo(Unserved.Reason.NOT_YET));

        models.publish(publication("a", 1, TinyModel.write(directory, 1)));

        assertThatThrownBy(() -> models.find("c")).isInstanceOfSatisfying(Unserved.class, e -> {
            assertThat(e.reason()).isEqualTo(Unserved.Reason.UNKNOWN);
            assertThat(e).hasMessage("model: expected one of [a], got \"c\"");
        });
    }

    private void assertRefused(Publication bad, String reason) throws Exception {
        models.publish(publication("policy", 1, TinyModel.write(directory, 1)));

        assertThatThrownBy(() -> models.publish(bad))
                .isInstanceOf(Refused.class)
                .hasMessageContaining(reason);

        assertThat(directory.resolve("scratch")).isEmptyDirectory();
        Served served = models.find("policy");
        assertThat(served.version()).isEqualTo(1);
        var answers = new Answers(1);
        served.engine().submit(new Generation(EngineTest.prompt("the"), SAMPLING, 1, 5, true, List.of(), answers));
        assertThat(answers.tokens(0)).hasSize(5);
    }

    /// The template travels with the model, from its tokenizer's directory through the store to here.
    @Test
    void aModelIsAskedByTheTemplateThatItBrings() throws Exception {
        Path brought = Files.createDirectory(directory.resolve("brought"));
        TinyModel.tokenizer().write(brought);
        Files.writeString(
                brought.resolve("chat_template.jinja"),
                "{% for m in messages %}{{ m.role }}: {{ m.content }}<|output_end|>{% endfor %}"
                        + "{% if add_generation_prompt %}assistant: {% endif %}");
        ModelConfig config = TinyModel.config();
        Path checkpoint = TinyModel.write(directory, config, TinyModel.weights(config, 1), brought);

        models.publish(publication("policy", 1, checkpoint));

        ChatFormat chat = models.find("policy").chat();
        assertThat(TinyModel.tokenizer().decode(chat.prompt(List.of(new Turn(Role.USER, "the mill")))))
                .isEqualTo("user: the millassistant: ");
        assertThat(chat.endOfTurn()).hasValue(TinyModel.tokenizer().id(SpecialToken.OUTPUT_END));
    }

    @Test
    void aModelWithATemplateThatIsNotUnderstoodIsRefused() throws Exception {
        Path brought = Files.createDirectory(directory.resolve("brought"));
        TinyModel.tokenizer().write(brought);
        Files.writeString(brought.resolve("chat_template.jinja"), "{% include 'x' %}");
        ModelConfig config = TinyModel.config();
        Publication bad =
                publication("policy", 2, TinyModel.write(directory, config, TinyModel.weights(config, 1), brought));

        assertRefused(bad, "chat_template: template, line 1, column 4: block: expected if, for, set or macro");
    }

    private void corrupt(String name, Publication publication) throws IOException {
        Reference file = Objects.requireNonNull(publication.files().get(name));
        Path path = Path.of(URI.create(file.uri()));
        byte[] bytes = Files.readAllBytes(path);
        bytes[bytes.length / 2] ^= 1;
        Files.delete(path);
        Files.write(path, bytes);
    }

    private Publication publication(String name, long version, Path checkpoint) throws IOException {
        return new Publication(name, version, "test", TinyModel.TOKENIZER_VERSION, store.putDirectory(checkpoint));
    }

    private Models models(Optional<String> preferred) throws IOException {
        return new Models(
                store,
                directory.resolve("scratch"),
                OnnxDecoder.factory(1),
                new Precisions(Map.of("small", Precision.INT4), Precision.FP32),
                preferred,
                new Engine.Limits(8, 64),
                new Tally(),
                (thread, cause) -> {});
    }
}
