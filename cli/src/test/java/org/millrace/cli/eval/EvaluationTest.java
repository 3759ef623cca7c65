package org.millrace.cli.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.millrace.bpe.SpecialToken;
import org.millrace.bpe.SplitPattern;
import org.millrace.bpe.Tokenizer;
import org.millrace.chattemplate.ChatFormat;
import org.millrace.cli.Failure;
import org.millrace.cli.client.Endpoints;
import org.millrace.cli.eval.task.TaskReader;
import org.millrace.cli.report.TextReport;
import org.millrace.cli.runtime.Layout;

/// Whole evaluations of models that can be reckoned with, over true connections.
class EvaluationTest {

    private static final long SEED = 1234;

    /// The wire has floats.
    private static final Offset<Double> WIRE = within(1e-5);

    @TempDir
    Path temp;

    private final List<Server> servers = new ArrayList<>();
    private final List<Endpoints> connections = new ArrayList<>();
    private Tokenizer tokenizer;
    private ChainModel chain;

    @BeforeEach
    void start() throws IOException {
        tokenizer = ChainModel.tokenizer(temp);
        chain = new ChainModel(tokenizer, 0.5);
    }

    @AfterEach
    void stop() throws InterruptedException {
        connections.forEach(Endpoints::close);
        for (Server server : servers) {
            server.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
        }
    }

    private ServedModel serve(String name, ChainModel model) throws IOException, InterruptedException {
        Server server = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .addService(model)
                .build()
                .start();
        servers.add(server);
        Endpoints endpoints = new Endpoints(new Layout(Map.of("inference", server.getPort())));
        connections.add(endpoints);
        return ServedModel.of(endpoints, name, name, tokenizer, ChatFormat.own(tokenizer));
    }

    private Results evaluate(String... lines) throws IOException, InterruptedException {
        Path file = Files.writeString(temp.resolve("quiz.jsonl"), String.join("\n", lines));
        return Results.of(
                List.of(TaskReader.read(file)),
                serve("chain", chain),
                Optional.empty(),
                new Evaluation.Settings(SEED, 0, 10));
    }

    private static JsonNode json(Results results) throws IOException {
        return new ObjectMapper().readTree(EvalFigures.json(results));
    }

    private static double value(Results results, String figure) throws IOException {
        return json(results)
                .path("tasks")
                .path(0)
                .path("figures")
                .path(figure)
                .path("value")
                .asDouble(Double.NaN);
    }

    /// Windows of a chain cost nothing: only the id before counts. So the sum over windows is the sum over the text.
    @Test
    void bitsPerByteAreThoseOfTheWholeTextHoweverLong() throws Exception {
        String longText = "abcdefgh ab zyx, ".repeat(20);
        int[] ids = tokenizer.encode(longText);
        int[] shortIds = tokenizer.encode("bcd");
        int begin = tokenizer.id(SpecialToken.BOS);
        chain.busy.set(3);

        Results results = evaluate("{\"text\":\"%s\"}".formatted(longText), "{\"text\":\"bcd\"}");

        double bits = -(chain.nats(begin, ids) + chain.nats(begin, shortIds)) / Math.log(2);
        assertThat(value(results, "bits_per_byte")).isCloseTo(bits / (longText.length() + 3), WIRE);
        JsonNode figures = json(results).path("tasks").path(0).path("figures");
        assertThat(figures.path("bytes").asLong()).isEqualTo(longText.length() + 3);
        assertThat(figures.path("tokens").asLong()).isEqualTo(ids.length + 3);
        int windows = 2 + (ids.length - 31 + 15) / 16;
        assertThat(figures.path("windows").asInt()).isEqualTo(windows);
        assertThat(chain.scores.get()).isEqualTo(windows + 3);
    }

    /// The model likes what goes on in the alphabet. In the second item the wrong choice does, in the third the
    /// right one does but is longer: in sum it loses.
    @Test
    void choicesAreMadeByLikelihoodAsAWholeOrByLength() throws Exception {
        Results results = evaluate(
                "{\"query\":\"k\",\"choices\":[\"lmn\",\"zzz\"],\"gold\":0}",
                "{\"query\":\"k\",\"choices\":[\"lmn\",\"zzz\",\"yyy\",\"xxx\"],\"gold\":1}",
                "{\"query\":\"k\",\"choices\":[\"w\",\"wtuvwx\"],\"gold\":1}");

        assertThat(value(results, "accuracy_sum")).isCloseTo(1 / 3.0, WIRE);
        assertThat(value(results, "accuracy_byte")).isCloseTo(2 / 3.0, WIRE);
        assertThat(value(results, "accuracy_token")).isCloseTo(2 / 3.0, WIRE);
        double baseline = (0.5 + 0.25 + 0.5) / 3;
        assertThat(value(results, "centred_accuracy")).isCloseTo((1 / 3.0 - baseline) / (1 - baseline), WIRE);
        JsonNode figures = json(results).path("tasks").path(0).path("figures");
        assertThat(figures.path("baseline").asDouble()).isCloseTo(baseline, WIRE);
        // " l" is two tokens, the first of them unlikely in all: what is left is "l" behind " ", and then "mn"
        double lmn = chain.nats(' ', 'l', 'm', 'n');
        double others = Math.exp(chain.nats(' ', 'z', 'z', 'z') - lmn);
        double first = 1 / (1 + others);
        double second = 1 / (1 + 3 * others);
        double third = 1 / (1 + Math.exp(chain.nats(' ', 'w', 't', 'u', 'v', 'w', 'x') - chain.nats(' ', 'w')));
        assertThat(figures.path("calibration").path("expected_error").asDouble())
                .isCloseTo(Math.abs(first + second + third - 1) / 3, WIRE);
    }

    @Test
    void contextsAreChosenByWhatFollowsThem() throws Exception {
        Results results = evaluate(
                "{\"task\":\"choice\",\"delimiter\":\"\"}",
                "{\"context_options\":[\"k\",\"m\"],\"continuation\":\"no\",\"gold\":1}",
                "{\"context_options\":[\"k\",\"m\"],\"continuation\":\"lo\",\"gold\":1}");

        assertThat(value(results, "accuracy_sum")).isEqualTo(0.5);
    }

    @Test
    void aClozeIsRightIfTheGreedyContinuationIsIt() throws Exception {
        Results results = evaluate(
                "{\"task\":\"cloze\",\"delimiter\":\"\"}",
                "{\"context\":\"k\",\"continuation\":\"lmn\"}",
                "{\"context\":\"k\",\"continuation\":\"lmo\"}");

        assertThat(value(results, "accuracy")).isEqualTo(0.5);
        double nats = chain.nats('k', 'l', 'm', 'n') + chain.nats('k', 'l', 'm', 'o');
        assertThat(value(results, "target_bits_per_byte")).isCloseTo(-nats / Math.log(2) / 6, WIRE);
    }

    /// "a" and "b" become one token: the letter before is read again with what follows.
    @Test
    void aTokenOverTheEndOfTheContextCountsToTheContinuation() throws Exception {
        Results results = evaluate(
                "{\"task\":\"choice\",\"delimiter\":\"\"}", "{\"query\":\"xa\",\"choices\":[\"b\",\"z\"],\"gold\":0}");

        assertThat(value(results, "accuracy_sum")).isEqualTo(1);
        JsonNode bins = json(results)
                .path("tasks")
                .path(0)
                .path("figures")
                .path("calibration")
                .path("bins");
        double sure = 1 / (1 + Math.exp(chain.nats('x', 'a', 'z') - chain.nats('x', 256)));
        assertThat(bins.path(9).path("confidence").asDouble()).isCloseTo(sure, WIRE);
    }

    @Test
    void anAnswerIsRightIfItEndsAndIsAmongThoseThatAreAccepted() throws Exception {
        Results results = evaluate(
                "{\"task\":\"exact\",\"max_tokens\":6,\"stop\":[\"p\"],\"delimiter\":\"\"}",
                "{\"query\":\"k\",\"answers\":[\"no\",\"LMNO.\"]}",
                "{\"query\":\"k\",\"answers\":[\"lm\"]}",
                "{\"query\":\"p\",\"answers\":[\"qrstuv\"]}");

        assertThat(value(results, "accuracy")).isCloseTo(1 / 3.0, WIRE);
        assertThat(value(results, "ended")).isCloseTo(2 / 3.0, WIRE);
    }

    @Test
    void pairsShowWhichIsPreferred() throws Exception {
        Results results = evaluate(
                "{\"task\":\"bias\",\"delimiter\":\"\"}",
                "{\"context\":\"k\",\"first\":\"lm\",\"second\":\"zz\"}",
                "{\"context\":\"k\",\"first\":\"lx\",\"second\":\"lm\"}",
                "{\"first\":\"mz\",\"second\":\"zm\"}");

        double first = chain.nats('k', 'l', 'm') - chain.nats('k', 'z', 'z');
        double second = chain.nats('l', 'x') - chain.nats('l', 'm');
        assertThat(value(results, "difference_nats")).isCloseTo((first + second) / 3, WIRE);
        JsonNode figures = json(results).path("tasks").path(0).path("figures");
        assertThat(figures.path("first_preferred").path("value").asDouble()).isEqualTo(0.5);
        assertThat(figures.path("first_preferred").path("of").asInt()).isEqualTo(2);
        assertThat(figures.path("sign_test_p").asDouble()).isEqualTo(1);
    }

    @Test
    void aChatIsWrittenInTheModelsTemplate() throws Exception {
        Results results = evaluate(
                "{\"task\":\"choice\",\"format\":\"chat\"}", "{\"query\":\"k\",\"choices\":[\"m\",\"n\"],\"gold\":0}");

        // behind <|assistant_start|> both are as likely: the first is taken, at one half
        JsonNode bin = json(results)
                .path("tasks")
                .path(0)
                .path("figures")
                .path("calibration")
                .path("bins")
                .path(4);
        assertThat(bin.path("answers").asInt()).isEqualTo(1);
        assertThat(bin.path("confidence").asDouble()).isEqualTo(0.5);
        assertThat(bin.path("right").asInt()).isEqualTo(1);
    }

    /// Five examples are longer than the context: their beginning goes, and that is said.
    @Test
    void examplesThatDoNotFitLoseTheirBeginning() throws Exception {
        String[] lines = new String[7];
        lines[0] = "{\"task\":\"cloze\",\"delimiter\":\"\",\"shots\":5}";
        for (int i = 1; i < lines.length; i++) {
            lines[i] = "{\"context\":\"question %d: k\",\"continuation\":\"lmn\"}".formatted(i);
        }

        Results results = evaluate(lines);

        assertThat(value(results, "accuracy")).isEqualTo(1);
        assertThat(results.rows().getFirst().model().truncated()).isEqualTo(6);
        assertThat(TextReport.of(EvalReport.of(results))).contains("the beginning of 6 prompts was left out");
    }

    @Test
    void whatDoesNotFitIsNamed() {
        assertThatThrownBy(() -> evaluate("{\"context\":\"k\",\"continuation\":\"%s\"}".formatted("x".repeat(40))))
                .isInstanceOf(Failure.class)
                .hasMessageContaining("quiz, item 1: expected a continuation of at most 31 tokens for a context of 32");
    }

    @Test
    void aStrideBeyondTheContextIsNamed() throws Exception {
        Path file = Files.writeString(temp.resolve("quiz.jsonl"), "{\"text\":\"abc\"}");
        ServedModel served = serve("chain", chain);

        assertThatThrownBy(() -> Results.of(
                        List.of(TaskReader.read(file)),
                        served,
                        Optional.empty(),
                        new Evaluation.Settings(SEED, 32, 10)))
                .isInstanceOf(Failure.class)
                .hasMessage("--stride: expected at most 31 for the context of chain, got 32");
    }

    @Test
    void aVersionThatChangesIsNoEvaluation() throws Exception {
        ServedModel served = serve("chain", chain);
        chain.version = 4;
        Path file = Files.writeString(temp.resolve("quiz.jsonl"), "{\"text\":\"abc\"}");

        assertThatThrownBy(() -> Results.of(
                        List.of(TaskReader.read(file)), served, Optional.empty(), new Evaluation.Settings(SEED, 0, 10)))
                .isInstanceOf(Failure.class)
                .hasMessageContaining("chain: expected version 3 all the time, got 4 too");
    }

    @Test
    void twoModelsAreComparedItemByItem() throws Exception {
        List<String> lines = new ArrayList<>(List.of("{\"task\":\"choice\",\"delimiter\":\"\",\"name\":\"letters\"}"));
        for (int i = 0; i < 8; i++) {
            lines.add("{\"query\":\"k\",\"choices\":[\"lm\",\"zz\"],\"gold\":0}");
        }
        Path choices = Files.write(temp.resolve("letters.jsonl"), lines);
        Path text = Files.writeString(temp.resolve("text.jsonl"), "{\"text\":\"bcd\"}\n{\"text\":\"bcdefz\"}");
        ChainModel averse = new ChainModel(tokenizer, 0.001);

        Results results = Results.of(
                List.of(TaskReader.read(choices), TaskReader.read(text)),
                serve("chain", chain),
                Optional.of(serve("averse", averse)),
                new Evaluation.Settings(SEED, 0, 10));

        JsonNode json = json(results);
        JsonNode accuracy = json.path("tasks").path(0).path("difference").path("accuracy_sum");
        assertThat(accuracy.path("value").asDouble()).isEqualTo(1);
        assertThat(accuracy.path("low").asDouble()).isEqualTo(1);
        assertThat(accuracy.path("mcnemar_p").asDouble()).isCloseTo(2 / 256.0, WIRE);
        assertThat(json.path("tasks")
                        .path(1)
                        .path("difference")
                        .path("bits_per_byte")
                        .path("value")
                        .asDouble())
                .isNegative();
        assertThat(json.path("mean_score").path("value").asDouble()).isEqualTo(1);
        assertThat(json.path("mean_score").path("against").path("value").asDouble())
                .isEqualTo(-1);
        assertThat(json.path("mean_score").path("difference").path("value").asDouble())
                .isEqualTo(2);
        assertThat(TextReport.of(EvalReport.of(results)))
                .contains("letters (choice)", "McNemar's p", "0.0078", "All tasks", "seed 1234");
    }

    @Test
    void anotherTokenizerThanTheServedOneIsNoticed() throws Exception {
        Server server = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .addService(chain)
                .build()
                .start();
        servers.add(server);
        Endpoints endpoints = new Endpoints(new Layout(Map.of("inference", server.getPort())));
        connections.add(endpoints);
        Path file = Files.writeString(
                Files.createDirectory(temp.resolve("other")).resolve("other.tiktoken"),
                Files.readString(temp.resolve("chain.tiktoken")) + "VGhl 300\n"); // "The"
        Tokenizer other = Tokenizer.readTiktoken(file, SplitPattern.NANOCHAT, Map.of());

        assertThatThrownBy(() -> ServedModel.of(endpoints, "chain", "chain", other, ChatFormat.own(tokenizer)))
                .isInstanceOf(Failure.class)
                .hasMessageContaining("chain: expected the tokenizer that the log names");
    }
}
